import Foundation
import JSON

/// One measured quantity and its peer's.
struct BenchFigure {
    let what: String
    let unit: String
    let own: Double
    var peer: Double?
    /// Empty where nothing is compared.
    var peerName = ""
    /// Whether a larger number is better.
    var largerIsBetter = false

    /// How many times better this program is; below 1 it is worse.
    var ratio: Double? {
        peer.map { largerIsBetter ? own / $0 : $0 / own }
    }

    var json: JSONValue {
        [
            "what": .string(what), "unit": .string(unit), "own": JSONValue(own),
            "peer": peer.map { JSONValue($0) } ?? .null, "peer_name": .string(peerName),
            "ratio": ratio.map { JSONValue($0) } ?? .null,
        ]
    }

    static let jsonOption = Option("--json", "Print JSON instead of a table.")

    /// Prints what was measured, as the command line wants it.
    static func show(_ figures: [BenchFigure], _ arguments: Arguments) -> ExitCode {
        Terminal.line(
            arguments.has(jsonOption.name)
                ? JSONValue.array(figures.map(\.json)).text : table(figures))
        return .success
    }

    static func table(_ figures: [BenchFigure]) -> String {
        let rows = figures.map { figure in
            let peer = figure.peer.map { shown($0) } ?? "not there"
            let cell = figure.peerName.isEmpty ? "" : "\(peer) (\(figure.peerName))"
            let ratio = figure.ratio.map { String(format: "%.2f x", $0) } ?? ""
            return "| \(figure.what) | \(shown(figure.own)) \(figure.unit) "
                + "| \(cell) | \(ratio) |"
        }
        return (["| What | Ledge | Peer | Ratio |", "|---|---|---|---|"] + rows)
            .joined(separator: "\n")
    }

    private static func shown(_ value: Double) -> String {
        String(format: value < 100 ? "%.2f" : "%.0f", value)
    }
}
