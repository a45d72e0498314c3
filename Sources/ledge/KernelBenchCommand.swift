/// `ledge bench kernel`: the search for the best rows, beside others on the same rows.
enum KernelBenchCommand {
    static let command = Command(
        name: "kernel", summary: "The exact search for the best rows, beside faiss and numpy.",
        options: [
            Option("--rounds", value: "N", "Times that each is measured, in turn (3)."),
            Option("--queries", value: "N", "Queries of a round, whose median counts (200)."),
            Option(
                "--python", value: "FILE",
                "A Python with the peers' packages; Tests/Peers says which."),
            BenchFigure.jsonOption,
        ],
        discussion: """
            Rows and queries are random with a normal distribution. Every answer is compared with
            that of a plain scan in floats, and with faiss'; a different one ends the run. Reading
            the table once is what the search cannot be faster than. Peers are run in turn with it,
            and only where --python has their packages; call this from the repository.
            """,
        run: run)

    private static func run(_ arguments: Arguments) throws -> ExitCode {
        let bench = KernelBench(
            rounds: try arguments.number("--rounds", in: 1...100) ?? 3,
            queryCount: try arguments.number("--queries", in: 1...10_000) ?? 200,
            peers: PeerScript(python: arguments.value("--python")))
        let figures = try bench.run()
        return BenchFigure.show(figures, arguments)
    }
}
