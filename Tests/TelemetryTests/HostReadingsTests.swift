import Telemetry
import Testing

@Suite struct HostReadingsTests {
    /// A host of which only these files are known.
    private static func host(
        _ texts: [String: String], names: [String: [String]] = [:],
        usage: [String: VolumeUsage] = [:]
    ) -> HostReadings {
        HostReadings(
            files: HostFiles(
                text: { texts[$0] }, names: { names[$0] ?? [] }, usage: { usage[$0] }),
            ticksPerSecond: 100, pageBytes: 4_096)
    }

    @Test func `memory is read in bytes`() throws {
        let memory = try #require(Self.host(["/proc/meminfo": Samples.meminfo]).memory())

        #expect(memory.total == 8_000_000 * 1_024)
        #expect(memory.used == 6_000_000 * 1_024)
        #expect(memory.active == 3_000_000 * 1_024)
        #expect(memory.swapUsed == 250_000 * 1_024)
    }

    @Test func `a host that says nothing about its memory has no reading of it`() {
        #expect(Self.host(["/proc/meminfo": "Nonsense: 1 kB\n"]).memory() == nil)
        #expect(Self.host([:]).memory() == nil)
    }

    @Test func `cores that share a socket and threads that share a core are told apart`() {
        let processor = Self.host(["/proc/cpuinfo": Samples.cpuinfo]).processor()

        #expect(processor.cores == 4)
        #expect(processor.physicalCores == 2)
        #expect(processor.processors == 1)
        #expect(processor.manufacturer == "Intel")
        #expect(processor.brand == "Intel(R) Xeon(R) CPU @ 2.20GHz")
        #expect(processor.speed == 2.2)
    }

    @Test func `a processor that says only how many cores it has is read too`() {
        let processor = Self.host(["/proc/cpuinfo": "processor\t: 0\n\nprocessor\t: 1\n"])
            .processor()

        #expect(processor.cores == 2)
        #expect(processor.physicalCores == 2)
        #expect(processor.speed == 0)
    }

    @Test func `the load is that of the time between two samples`() throws {
        let earlier = try #require(ProcessorTicks(stat: "cpu  100 0 100 800 0 0 0 0 0 0\n"))
        let later = try #require(ProcessorTicks(stat: "cpu  150 0 125 900 25 0 0 0 0 0\n"))
        let meter = LoadMeter(startingAt: earlier)

        let load = try #require(meter.load(at: later))

        #expect(load.user == 25)
        #expect(load.system == 12.5)
        #expect(load.busy == 37.5)
        #expect(meter.load(at: later) == load)
    }

    @Test func `a load without an earlier sample is unknown`() throws {
        let ticks = try #require(ProcessorTicks(stat: "cpu  1 1 1 1 1 1 1\n"))

        #expect(LoadMeter(startingAt: nil).load(at: ticks) == nil)
        #expect(ProcessorTicks(stat: "cpu  1 2\n") == nil)
    }

    @Test func `disks are counted without their partitions`() {
        let disks = Self.host(
            ["/proc/diskstats": Samples.diskstats],
            names: ["/sys/block": ["loop0", "sda"]]
        ).disks()

        #expect(disks.reads == 1_000)
        #expect(disks.readBytes == 8_000 * 512)
        #expect(disks.writes == 500)
        #expect(disks.writtenBytes == 4_000 * 512)
    }

    @Test func `local volumes are listed once and with their real paths`() {
        let volumes = Self.host(
            ["/proc/self/mountinfo": Samples.mountinfo],
            usage: [
                "/": VolumeUsage(bytes: 100, usedBytes: 25),
                "/my disk": VolumeUsage(bytes: 10, usedBytes: 1),
            ]
        ).volumes()

        #expect(volumes.map(\.mount.path) == ["/", "/my disk"])
        #expect(volumes.map(\.mount.type) == ["ext4", "xfs"])
        #expect(volumes.map(\.usage.usedBytes) == [25, 1])
    }

    @Test func `a host that lists no local volume has that of its root folder`() {
        let volumes = Self.host([:], usage: ["/": VolumeUsage(bytes: 100, usedBytes: 25)])
            .volumes()

        #expect(volumes.map(\.mount.path) == ["/"])
    }

    @Test func `traffic is read for each interface`() {
        let host = Self.host([
            "/proc/net/dev": Samples.networkDevices, "/proc/net/route": Samples.route,
        ])

        #expect(host.networks().map(\.interface) == ["lo", "eth0"])
        #expect(host.networks().map(\.receivedBytes) == [81, 12_131_463])
        #expect(host.networks().map(\.sentBytes) == [81, 53_769])
        #expect(host.defaultInterface() == "eth0")
    }

    @Test func `a process may be called anything`() throws {
        let host = Self.host([
            "/proc/self/stat": Samples.processStatus(name: "a) R (b"), "/proc/uptime": "70.0 1\n",
        ])

        let own = try #require(host.ownProcess())

        #expect(own.process.name == "a) R (b")
        #expect(own.process.pid == 8_063)
        #expect(own.process.state == "S")
        #expect(own.runningSeconds == 20)
        #expect(own.processorShare == 10)
        #expect(own.residentBytes == 386 * 4_096)
    }

    @Test func `the system is named by its release file`() {
        let system = Self.host([
            "/etc/os-release": "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n",
            "/proc/sys/kernel/hostname": "edge-1\n",
        ]).system()

        #expect(system.distribution == "Debian GNU/Linux")
        #expect(system.release == "12")
        #expect(system.hostname == "edge-1")
    }

    @Test func `this machine can be read`() throws {
        let host = HostReadings()

        #expect(try #require(host.memory()).total > 0)
        #expect(try #require(host.uptime()) > 0)
        #expect(try #require(host.ownProcess()).residentBytes > 0)
        #expect(!host.threads().isEmpty)
    }
}

/// What kernels have said, shortened.
private enum Samples {
    static let meminfo = """
        MemTotal:        8000000 kB
        MemFree:         2000000 kB
        MemAvailable:    5000000 kB
        SwapTotal:       1000000 kB
        SwapFree:         750000 kB
        HugePages_Total:       0

        """

    static let cpuinfo = (0..<4).map { index in
        """
        processor\t: \(index)
        vendor_id\t: GenuineIntel
        model name\t: Intel(R) Xeon(R) CPU @ 2.20GHz
        cpu MHz\t\t: 2199.998
        physical id\t: 0
        core id\t\t: \(index / 2)
        flags\t\t: fpu vme

        """
    }.joined(separator: "\n")

    static let diskstats = """
           7       0 loop0 5 0 40 0 0 0 0 0 0 0 0
           8       0 sda 1000 7 8000 350 500 3 4000 90 0 600 440
           8       1 sda1 990 7 7900 345 490 3 3900 88 0 590 430

        """

    static let mountinfo = """
        22 27 0:21 / /proc rw,relatime - proc proc rw
        27 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
        28 27 8:1 /srv /srv rw,relatime - ext4 /dev/sda1 rw
        29 27 8:17 / /my\\040disk rw master:3 shared:4 - xfs /dev/sdb1 rw
        30 27 0:40 / /far rw - nfs4 server:/far rw
        31 27 0:41 broken

        """

    static let networkDevices = """
        Inter-|   Receive                                |  Transmit
         face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop
            lo:      81    2 0 0 0 0 0 0       81   2 0 0 0 0 0 0
          eth0: 12131463 611 0 0 0 0 0 0    53769 552 0 0 0 0 0 0
        broken
        """

    static let route = """
        Iface\tDestination\tGateway\tFlags
        eth1\t000200C0\t00000000\t0001
        eth0\t00000000\t010200C0\t0003
        """

    /// Two seconds of work in a process that began 50 seconds after the host.
    static func processStatus(name: String) -> String {
        "8063 (\(name)) S 8051 8051 6415 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 3 0 5000 3133440 "
            + "386 18446744073709551615 0 0\n"
    }
}
