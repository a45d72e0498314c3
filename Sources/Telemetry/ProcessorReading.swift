/// What the host's processors are, as `/proc/cpuinfo` has it.
package struct ProcessorReading: Sendable, Hashable {
    package let vendor: String
    package let brand: String
    /// Gigahertz; 0 if the kernel does not say.
    package let speed: Double
    /// Threads of execution that the kernel schedules on.
    package let cores: Int
    package let physicalCores: Int
    /// Sockets.
    package let processors: Int

    /// The maker's usual name.
    package var manufacturer: String { Self.makers[vendor] ?? vendor }

    private static let makers = ["GenuineIntel": "Intel", "AuthenticAMD": "AMD"]

    /// - Parameter text: Paragraphs of `name : value` lines, one for each core. Kernels for ARM
    ///   leave most of them out; then every core counts as one of its own.
    package init(cpuinfo text: String) {
        var cores = 0
        var sockets: Set<String> = []
        var places: Set<String> = []
        var first: [String: String] = [:]
        var socket = "0"
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let name = Self.trimmed(parts[0])
            let value = Self.trimmed(parts[1])
            if first[name] == nil { first[name] = value }
            switch name {
            case "processor": cores += 1
            case "physical id":
                socket = value
                sockets.insert(value)
            case "core id": places.insert("\(socket)/\(value)")
            default: break
            }
        }
        vendor = first["vendor_id"] ?? first["CPU implementer"] ?? ""
        brand = first["model name"] ?? first["Model"] ?? ""
        let megahertz = first["cpu MHz"].flatMap(Double.init) ?? 0
        speed = (megahertz / 10).rounded() / 100
        self.cores = max(1, cores)
        physicalCores = places.isEmpty ? max(1, cores) : places.count
        processors = max(1, sockets.count)
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.last?.isWhitespace == true { text.removeLast() }
        while text.first?.isWhitespace == true { text.removeFirst() }
        return String(text)
    }
}
