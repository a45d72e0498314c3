import Foundation

/// A process and those that it started, and theirs, as they were when this was made.
package struct ProcessTree: Sendable {
    /// The first one first.
    package let identifiers: [pid_t]

    package init(of root: pid_t) {
        let parents = Self.parents()
        var found = [root]
        var next = 0
        while next < found.count {
            let parent = found[next]
            found += parents.filter { $0.value == parent }.map(\.key).sorted()
            next += 1
        }
        identifiers = found
    }

    private static func parents() -> [pid_t: pid_t] {
        // Where /proc cannot be read there are no children to be seen.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        var parents: [pid_t: pid_t] = [:]
        for process in names.compactMap({ pid_t($0) }) {
            // The name in parentheses may hold anything; then come the state and the parent.
            let fields = text("/proc/\(process)/stat").split(separator: ")").last?
                .split(separator: " ")
            if let fields, fields.count > 1, let parent = pid_t(fields[1]) {
                parents[process] = parent
            }
        }
        return parents
    }

    /// What the processes have used of processors until now; one that has ended counts nothing.
    package func processorTime() -> Duration {
        identifiers.reduce(.zero) { sum, process in
            var clock = clockid_t()
            var time = timespec()
            guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else {
                return sum
            }
            return sum + .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        }
    }

    /// Bytes of memory.
    package struct Memory: Sendable, Equatable {
        /// What is present, shared pages counted in full in each process.
        package var resident = 0
        /// The same with each shared page divided among those who share it.
        package var proportional = 0
    }

    /// The memory of all processes together.
    package func memory() -> Memory {
        identifiers.reduce(into: Memory()) { sum, process in
            let lines = Self.text("/proc/\(process)/smaps_rollup").split(separator: "\n")
            sum.resident += Self.kibibytes("Rss:", in: lines) << 10
            sum.proportional += Self.kibibytes("Pss:", in: lines) << 10
        }
    }

    private static func kibibytes(_ name: String, in lines: [Substring]) -> Int {
        let line = lines.first { $0.hasPrefix(name) }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }

    /// A small file of the kernel; empty if the process has just ended.
    private static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8 << 10)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
