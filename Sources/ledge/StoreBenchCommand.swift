import Foundation

/// `ledge bench store`: the table store through HTTP, beside SQLite driven directly.
enum StoreBenchCommand {
    static let command = Command(
        name: "store", summary: "Point reads, bulk load and inserts, beside SQLite itself.",
        options: [
            Option("--root", value: "DIR", "Where the databases go (a temporary directory)."),
            Option("--ratings", value: "FILE", "A CSV of user_id,isbn,rating to load."),
            Option("--rows", value: "N", "Rows that are made up without --ratings (600000)."),
            Option("--seconds", value: "N", "How long each rate is measured (3)."),
            Option("--sync-delay", value: "US", "Microseconds added to each sync: a slower disk."),
            BenchFigure.jsonOption,
        ],
        discussion: """
            The peer is SQLite in the same run: its library called directly for reads and inserts,
            and the program 'sqlite3' with .import for the bulk load, where it is installed. All of
            them write to the same disk with the same pragmas (WAL, synchronous FULL). Choose a
            root on the disk that matters: on a memory file system an fsync costs nothing. What the
            sharing of an fsync is worth depends on its price: --sync-delay makes it dearer for
            the inserts of both sides.
            """,
        run: run)

    private static func run(_ arguments: Arguments) async throws -> ExitCode {
        let root =
            arguments.value("--root")
            ?? FileManager.default.temporaryDirectory
            .appendingPathComponent("ledge-bench-\(UUID().uuidString)").path
        let bench = StoreBench(
            root: root, ratings: arguments.value("--ratings"),
            rows: try arguments.number("--rows", in: 1_000...10_000_000) ?? 600_000,
            time: .seconds(try arguments.number("--seconds", in: 1...60) ?? 3),
            syncDelay: try arguments.number("--sync-delay", in: 0...100_000) ?? 0)
        let isNew = !FileManager.default.fileExists(atPath: root)
        guard isNew else { throw CommandError("\(root) is there already; name a new directory") }
        defer { try? FileManager.default.removeItem(atPath: root) }
        let figures = try await bench.run()
        return BenchFigure.show(figures, arguments)
    }
}
