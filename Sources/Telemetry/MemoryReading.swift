/// The memory of the host in bytes, as `/proc/meminfo` has it.
package struct MemoryReading: Sendable, Hashable {
    package let total: Int
    package let free: Int
    /// What programs could still get: free, and what caches would give back.
    package let available: Int
    package let swapTotal: Int
    package let swapFree: Int

    package var used: Int { max(0, total - free) }
    package var active: Int { max(0, total - available) }
    package var swapUsed: Int { max(0, swapTotal - swapFree) }

    /// - Returns: Nil if the text does not say how much memory there is.
    package init?(meminfo text: String) {
        var bytes: [Substring: Int] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == ":" || $0 == "\t" }
            guard words.count >= 2, let kibibytes = Int(words[1]), kibibytes >= 0 else { continue }
            bytes[words[0]] = kibibytes.multipliedReportingOverflow(by: 1_024).partialValue
        }
        guard let total = bytes["MemTotal"], let free = bytes["MemFree"] else { return nil }
        self.total = total
        self.free = free
        available = bytes["MemAvailable"] ?? free
        swapTotal = bytes["SwapTotal"] ?? 0
        swapFree = bytes["SwapFree"] ?? 0
    }
}
