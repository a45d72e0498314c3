import Foundation

/// `ledge bench train`: what training takes, beside what others take for the same.
enum TrainBenchCommand {
    static let command = Command(
        name: "train", summary: "Reading, a two-tower step, an epoch of ratings and of factors.",
        options: [
            Option(
                "--ratings", value: "DIR",
                "A data set of ratings, such as goodbooks, for the epochs."),
            Option(
                "--books", value: "DIR", "A data set to read, such as Book-Crossing's million."),
            Option("--steps", value: "N", "Steps of the two towers to take the median of (30)."),
            Option(
                "--python", value: "FILE",
                "A Python with the peers' packages; Tests/Peers says which."),
            BenchFigure.jsonOption,
        ],
        discussion: """
            The two towers have Book-Crossing's shape: 19,371 readers, 271,357 items, 24 dimensions,
            batches of 4,096 questions. Peers are run one after the other, before Ledge, and only
            where --python has their packages; call this from the repository, which has the scripts.
            """,
        run: run)

    private static func run(_ arguments: Arguments) throws -> ExitCode {
        let bench = TrainBench(
            ratings: arguments.value("--ratings"), books: arguments.value("--books"),
            steps: try arguments.number("--steps", in: 1...1_000) ?? 30,
            python: arguments.value("--python"))
        let figures = try bench.run()
        return BenchFigure.show(figures, arguments)
    }
}
