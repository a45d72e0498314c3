import Foundation
import Measurement

/// The machine that something was measured on.
struct BenchMachine {
    let text: String

    init() {
        let processor = Self.value(of: "model name", in: "/proc/cpuinfo") ?? "unknown processor"
        let kibibytes = Self.value(of: "MemTotal", in: "/proc/meminfo")
            .flatMap { Double($0.prefix { $0.isNumber }) }
        let gigabytes = Int(((kibibytes ?? 0) * 1_024 / 1e9).rounded())
        let kernel = (try? Self.firstLine(of: ["uname", "-r"])) ?? "unknown"
        text =
            "The machine: \(processor), \(ProcessInfo.processInfo.activeProcessorCount) cores, "
            + "\(gigabytes) GB, Linux \(kernel)."
    }

    private static func value(of name: String, in file: String) -> String? {
        let lines = FileManager.default.contents(atPath: file)
            .map { String(decoding: $0, as: UTF8.self).split(separator: "\n") }
        let line = lines?.first { $0.hasPrefix(name) }
        return line?.split(separator: ":").last
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }

    static func firstLine(of words: [String]) throws -> String {
        try ChildProgram(words, environment: [:]).line() ?? ""
    }
}
