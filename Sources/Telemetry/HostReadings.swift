import Foundation

/// What a node can say about the machine that it runs on.
///
/// Each reading is taken when it is asked for, from files of the kernel; none of them waits.
package struct HostReadings: Sendable {
    private let files: HostFiles
    private let meter: LoadMeter
    /// Clock ticks of a second, the unit in which the kernel counts the time of processes.
    private let ticksPerSecond: Double
    private let pageBytes: Int

    package init(
        files: HostFiles = .live, ticksPerSecond: Int = sysconf(Int32(_SC_CLK_TCK)),
        pageBytes: Int = sysconf(Int32(_SC_PAGESIZE))
    ) {
        self.files = files
        self.ticksPerSecond = Double(max(1, ticksPerSecond))
        self.pageBytes = pageBytes
        meter = LoadMeter(startingAt: files.text("/proc/stat").flatMap(ProcessorTicks.init(stat:)))
    }

    package func memory() -> MemoryReading? {
        files.text("/proc/meminfo").flatMap(MemoryReading.init(meminfo:))
    }

    package func processor() -> ProcessorReading {
        ProcessorReading(cpuinfo: files.text("/proc/cpuinfo") ?? "")
    }

    /// The load since the last question; the first one is measured from the node's start.
    package func load() -> ProcessorLoad? {
        meter.load(at: files.text("/proc/stat").flatMap(ProcessorTicks.init(stat:)))
    }

    /// How many programs have wanted to run in the last minute, on average.
    package func averageLoad() -> Double? {
        files.text("/proc/loadavg")?.split(separator: " ").first.flatMap { Double($0) }
    }

    /// Seconds since the host started.
    package func uptime() -> Double? {
        files.text("/proc/uptime")?.split(separator: " ").first.flatMap { Double($0) }
    }
}

// MARK: Disks and networks

/// A volume and how full it is.
package struct VolumeReading: Sendable, Hashable {
    package let mount: Mount
    package let usage: VolumeUsage
}

/// A network interface and its state.
package struct InterfaceReading: Sendable, Hashable {
    package let name: String
    package let hardwareAddress: String
    package let state: String
}

extension HostReadings {
    /// Volumes in an answer; a host of containers may have thousands.
    private static let volumesMax = 64
    private static let interfacesMax = 64
    /// Names of block devices that are no disks.
    private static let pseudoDisks = ["loop", "ram", "zram", "dm-", "md"]

    package func disks() -> DiskReading {
        let disks = files.names("/sys/block").filter { name in
            !Self.pseudoDisks.contains { name.hasPrefix($0) }
        }
        return DiskReading(
            diskstats: files.text("/proc/diskstats") ?? "", disks: Set(disks))
    }

    /// The local volumes; on a host whose kernel lists none, the one of the root folder.
    package func volumes() -> [VolumeReading] {
        let mounts = Mount.all(mountinfo: files.text("/proc/self/mountinfo") ?? "")
            .prefix(Self.volumesMax)
        let readings = mounts.compactMap(volume)
        guard readings.isEmpty else { return readings }
        return volume(Mount(source: "", type: "", path: "/")).map { [$0] } ?? []
    }

    private func volume(_ mount: Mount) -> VolumeReading? {
        guard let usage = files.usage(mount.path), usage.bytes > 0 else { return nil }
        return VolumeReading(mount: mount, usage: usage)
    }

    package func networks() -> [NetworkReading] {
        NetworkReading.all(dev: files.text("/proc/net/dev") ?? "")
    }

    package func defaultInterface() -> String? {
        files.text("/proc/net/route").flatMap(NetworkReading.defaultInterface(route:))
    }

    package func interfaces() -> [InterfaceReading] {
        files.names("/sys/class/net").prefix(Self.interfacesMax).map { name in
            InterfaceReading(
                name: name, hardwareAddress: line("/sys/class/net/\(name)/address"),
                state: line("/sys/class/net/\(name)/operstate"))
        }
    }

    private func line(_ path: String) -> String {
        files.text(path)?.split(separator: "\n").first.map(String.init) ?? ""
    }
}

// MARK: The system and this process

/// The operating system of the host.
package struct SystemReading: Sendable, Hashable {
    package let distribution: String
    package let release: String
    package let codename: String
    package let kernel: String
    package let architecture: String
    package let hostname: String
}

/// This process, measured.
package struct OwnProcessReading: Sendable, Hashable {
    package let process: ProcessReading
    /// Percent of one core since the process started.
    package let processorShare: Double
    package let residentBytes: Int
    /// Seconds since the process started.
    package let runningSeconds: Double
}

/// One thread of this process.
package struct ThreadReading: Sendable, Hashable {
    package let id: Int
    package let name: String
}

extension HostReadings {
    private static let threadsMax = 256

    package func system() -> SystemReading {
        let release = Self.assignments(files.text("/etc/os-release") ?? "")
        return SystemReading(
            distribution: release["NAME"] ?? "", release: release["VERSION_ID"] ?? "",
            codename: release["VERSION_CODENAME"] ?? "",
            kernel: line("/proc/sys/kernel/osrelease"), architecture: Self.architecture,
            hostname: line("/proc/sys/kernel/hostname"))
    }

    package func ownProcess() -> OwnProcessReading? {
        guard let process = files.text("/proc/self/stat").flatMap(ProcessReading.init(stat:)) else {
            return nil
        }
        let started = Double(process.startTicks) / ticksPerSecond
        let seconds = max(0, (uptime() ?? started) - started)
        let used = (Double(process.userTicks) + Double(process.systemTicks)) / ticksPerSecond
        let resident = process.residentPages.multipliedReportingOverflow(by: pageBytes)
        return OwnProcessReading(
            process: process, processorShare: seconds > 0 ? used / seconds * 100 : 0,
            residentBytes: resident.overflow ? 0 : resident.partialValue,
            runningSeconds: seconds)
    }

    package func threads() -> [ThreadReading] {
        files.names("/proc/self/task").compactMap { Int($0) }.sorted().prefix(Self.threadsMax)
            .map { ThreadReading(id: $0, name: line("/proc/self/task/\($0)/comm")) }
    }

    /// As Node.js, and with it HarperDB, calls it.
    private static var architecture: String {
        #if arch(x86_64)
            "x64"
        #elseif arch(arm64)
            "arm64"
        #else
            "unknown"
        #endif
    }

    /// Lines of `NAME=value` with or without quotation marks (os-release(5)).
    private static func assignments(_ text: String) -> [String: String] {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            values[String(parts[0])] = parts[1].trimmingCharacters(in: ["\"", "'"])
        }
        return values
    }
}
