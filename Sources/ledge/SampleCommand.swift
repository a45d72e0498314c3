import Datasets
import Foundation

/// `ledge sample`: the data set that the project ships.
enum SampleCommand {
    static let command = Command(
        name: "sample", summary: "Generate the ratings of the shipped sample.",
        subcommands: [generate])

    static let generate = Command(
        name: "generate", summary: "Write ratings.csv as the committed seed makes it.",
        options: [
            Option("--out", value: "DIR", "Where ratings.csv goes."),
            Option("--tastes", value: "FILE", "The tastes (Models/Sample/tastes.json)."),
            Option("--seed", value: "N", "Another seed than the committed one."),
        ],
        run: { arguments in
            let out = try arguments.required("--out")
            let path = arguments.value("--tastes") ?? "Models/Sample/tastes.json"
            guard let file = FileManager.default.contents(atPath: path) else {
                throw CommandError("the tastes \(path) cannot be read")
            }
            let seed = try arguments.number("--seed", in: 0...Int.max).map(UInt64.init)
            do throws(SampleGeneratorError) {
                let generator = try SampleGenerator(
                    tastes: try SampleGenerator.Taste.list(parsing: [UInt8](file)),
                    seed: seed ?? SampleGenerator.committedSeed)
                return write(generator.ratingsCSV(), to: out)
            } catch {
                throw CommandError("\(path): \(error)")
            }
        })

    private static func write(_ bytes: [UInt8], to directory: String) -> ExitCode {
        let path = "\(directory)/ratings.csv"
        guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else {
            Terminal.error("ledge: \(path) cannot be written\n")
            return .failure
        }
        Terminal.line("wrote \(path): generated ratings, see Models/Sample/README.md")
        return .success
    }
}
