import Foundation
import Identifiers
import Training

extension Interactions {
    /// Interactions from rows; a pair keeps its last rating at its first place.
    init(rows: [(reader: String, item: String, rating: Float)]) {
        var readers: [String: ReaderIndex] = [:]
        var items: [String: ItemIndex] = [:]
        var pairs: [[Int32]: Int] = [:]
        self.init(readers: [], items: [], rowReaders: [], rowItems: [], rowRatings: [])
        for row in rows {
            let reader = readers[row.reader] ?? ReaderIndex(readers.count)
            let item = items[row.item] ?? ItemIndex(items.count)
            if readers.updateValue(reader, forKey: row.reader) == nil {
                self.readers.append(row.reader)
            }
            if items.updateValue(item, forKey: row.item) == nil { self.items.append(row.item) }
            if let place = pairs[[reader.rawValue, item.rawValue]] {
                rowRatings[place] = row.rating
                continue
            }
            pairs[[reader.rawValue, item.rawValue]] = rowRatings.count
            rowReaders.append(reader)
            rowItems.append(item)
            rowRatings.append(row.rating)
        }
    }

    /// Thirty readers with nine ratings each, some repeated: the same rows that the reference got.
    static let small: Interactions = {
        var rows: [(reader: String, item: String, rating: Float)] = []
        for reader in 0..<30 {
            for step in 0..<9 {
                rows.append(
                    (
                        "r\(reader)", "i\((reader * 7 + step * step * 3) % 17)",
                        Float((reader * 3 + step * 7) % 11)
                    ))
            }
        }
        rows.append(("r3", "i4", 9))
        rows.append((rows[0].reader, rows[0].item, 8))
        return Interactions(rows: rows)
    }()

    /// Two hundred readers of four tastes; a taste has ten items, and each reader likes six of one
    /// taste, has a seventh without a rating and strays once.
    static let tastes: Interactions = {
        var random = SplitMix64(seed: 7)
        var rows: [(reader: String, item: String, rating: Float)] = []
        for reader in 0..<200 {
            let taste = reader % 4
            for (place, item) in (0..<10).shuffled(using: &random).prefix(7).enumerated() {
                let rating = place == 6 ? 0 : Float(6 + random.below(5))
                rows.append(("reader-\(reader)", "ITEM\(taste * 10 + item)", rating))
            }
            let stray = (taste + 1) % 4 * 10 + random.below(10)
            rows.append(("reader-\(reader)", "ITEM\(stray)", 2))
        }
        return Interactions(rows: rows)
    }()
}

extension TwoTowerSettings {
    /// Small enough for a test without optimisation.
    static let small: TwoTowerSettings = {
        var settings = TwoTowerSettings()
        settings.dimensions = 8
        settings.batch = 32
        settings.epochs = 2
        settings.drawsPerPair = 2
        return settings
    }()
}

/// The repository, and what may lie beside it.
enum Places {
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The evaluation's reference with its data sets, if it lies beside the repository or above.
    static let shared: URL? = {
        var directory = repository
        while directory.path != "/" {
            directory.deleteLastPathComponent()
            let shared = directory.appendingPathComponent("shared")
            let script = shared.appendingPathComponent("eval/prepare.py").path
            if FileManager.default.fileExists(atPath: script) { return shared }
        }
        return nil
    }()

    static let hasReference = shared != nil && (try? run("python3", "-c", "import csv")) != nil

    static let hasNumericReference =
        hasReference && (try? run("python3", "-c", "import numpy")) != nil

    struct ProgramFailed: Error {}

    /// Runs a program and returns what it wrote to its standard output.
    @discardableResult
    static func run(_ words: String...) throws -> Data {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ProgramFailed() }
        return bytes
    }
}
