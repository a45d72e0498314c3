/// `ledge bench start`: what a node takes when it does nothing, and how soon it does something.
enum StartBenchCommand {
    static let command = Command(
        name: "start", summary: "Start to first answer, memory, idle processor time.",
        options: [
            Option("--rounds", value: "N", "Starts, whose median counts (5)."),
            Option("--idle", value: "SECONDS", "How long idleness is watched (5)."),
        ] + BenchPeers.options + [BenchFigure.jsonOption],
        discussion: """
            The time runs from the start of the process to the whole answer: to a hello without a
            model, and to a recommendation where a node has pulled a model of 19,371 readers
            before. Memory is read after a second of load: resident, and proportional, in which
            pages that processes share count once. A megabyte has 1,000,000 bytes.

            \(BenchPeers.discussion)
            """,
        run: { arguments in BenchFigure.show(try bench(arguments).run(), arguments) })

    static func bench(_ arguments: Arguments) throws -> StartBench {
        StartBench(
            rounds: try arguments.number("--rounds", in: 1...100) ?? 5,
            idleSeconds: try arguments.number("--idle", in: 1...600) ?? 5,
            peers: BenchPeers(arguments))
    }
}
