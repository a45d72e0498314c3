/// `ledge bench serve`: recommendations over HTTP, beside others that serve the same model.
enum ServeBenchCommand {
    static let command = Command(
        name: "serve", summary: "Recommendations over HTTP, beside FastAPI and Node.",
        options: [
            Option("--rounds", value: "N", "Times that each server is measured, in turn (3)."),
            Option("--seconds", value: "N", "How long each time, after a second before (3)."),
            Option("--connections", value: "N", "Instead of 16 and 64 for the two models."),
        ] + BenchPeers.options + [BenchFigure.jsonOption],
        discussion: """
            A trainer and a node are started as processes of their own, with a made model of 24
            dimensions and 40,000 items that serves by HarperDB's rule of the nearest reader. The
            load shares the machine with them: kept connections, each with one request under way.
            What a node writes of each answer into its table 'recommendations' is part of what it
            does. Processor time is that of all processes of a server, and of the node alone.

            \(BenchPeers.discussion)
            """,
        run: { arguments in BenchFigure.show(try bench(arguments).run(), arguments) })

    static func bench(_ arguments: Arguments) throws -> ServeBench {
        ServeBench(
            rounds: try arguments.number("--rounds", in: 1...100) ?? 3,
            time: .seconds(try arguments.number("--seconds", in: 1...60) ?? 3),
            connections: try arguments.number("--connections", in: 1...1_024),
            peers: BenchPeers(arguments))
    }
}
