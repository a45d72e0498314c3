/// `ledge bench`: measures this program beside its peers, on this machine, in one run.
enum BenchCommand {
    static let command = Command(
        name: "bench", summary: "Measure this program beside its peers.",
        subcommands: [
            KernelBenchCommand.command, StoreBenchCommand.command, ServeBenchCommand.command,
            StartBenchCommand.command, TrainBenchCommand.command, BenchReportCommand.command,
        ])
}
