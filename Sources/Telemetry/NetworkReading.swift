/// What one network interface has carried since the host started.
package struct NetworkReading: Sendable, Hashable {
    package let interface: String
    package let receivedBytes: Int
    package let receivedErrors: Int
    package let receivedDropped: Int
    package let sentBytes: Int
    package let sentErrors: Int
    package let sentDropped: Int

    /// The interfaces of `/proc/net/dev`: two lines of headings, then one line for each.
    package static func all(dev text: String) -> [NetworkReading] {
        text.split(separator: "\n").dropFirst(2).compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let name = parts[0].split(separator: " ").first else {
                return nil
            }
            let counts = parts[1].split(separator: " ").map { Int($0) ?? 0 }
            guard counts.count >= 12 else { return nil }
            return NetworkReading(
                interface: String(name), receivedBytes: counts[0], receivedErrors: counts[2],
                receivedDropped: counts[3], sentBytes: counts[8], sentErrors: counts[10],
                sentDropped: counts[11])
        }
    }

    /// The interface of the default route in `/proc/net/route`: the one to 0.0.0.0.
    package static func defaultInterface(route text: String) -> String? {
        for line in text.split(separator: "\n").dropFirst() {
            let words = line.split { $0 == "\t" || $0 == " " }
            if words.count > 1, words[1] == "00000000" { return String(words[0]) }
        }
        return nil
    }
}
