import BundleFormat
import Identifiers
import Kernels
import Retrieval

/// Judges predictions of ratings on rows that nobody trained on.
package enum RatingEvaluation {
    package struct Report: Sendable {
        /// The baselines first, the bundle last.
        package let quality: [RatingQuality]
        package let rowCount: Int
        /// Rows whose reader or item the bundle does not know; it is given the mean for them.
        package let unknownRows: Int
    }

    /// Judges a bundle, and the baselines beside it.
    ///
    /// - Throws: `.badSplit` for a bundle of a kind that predicts no ratings, or a split that is of
    ///   other readers and items; `.notEnoughData` if there is nothing to judge by.
    package static func report(
        bundle: ModelBundle, split files: RatingSplitFiles
    ) throws(TrainingError) -> Report {
        let (split, test) = (files.split, files.split.test)
        guard test.count > 0, split.known.count > 0 else {
            throw TrainingError(
                .notEnoughData, "the split has no rows to learn from or to judge by")
        }
        let model: RatingModel
        let places: Places
        do {
            model = try RatingModel(bundle: bundle)
            places = try Places(files, in: bundle)
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError(.badSplit, "the bundle cannot be judged: \(error)", cause: error)
        }
        let mean = RatingTrainer.mean(of: split.known)
        var predictions = [Float](repeating: mean, count: test.count)
        let isKnown = (0..<test.count).map { places.knows(test, row: $0) }
        guard isKnown.contains(true) else {
            throw TrainingError(
                .badSplit, "the bundle knows no reader of the split together with one of its items")
        }
        for (reader, rows) in Dictionary(
            grouping: (0..<test.count).filter { isKnown[$0] }, by: { test.readers[$0] })
        {
            guard let reader = places.readers[Int(reader)] else { continue }
            let items = rows.compactMap { places.items[Int(test.items[$0])] }
            for (row, rating) in zip(rows, model.predictions(of: reader, for: items)) {
                predictions[row] = rating
            }
        }
        let served = RatingQuality(
            method: bundle.manifest.kind.rawValue, predictions: predictions, ratings: test.ratings)
        return Report(
            quality: baselines(on: split) + [served], rowCount: test.count,
            unknownRows: isKnown.count { !$0 })
    }

    /// What is reached without a model.
    static func baselines(on split: RatingSplit) -> [RatingQuality] {
        let (known, test) = (split.known, split.test)
        let mean = RatingTrainer.mean(of: known)
        let means = RatingMeans(known, readers: split.readerCount, items: split.itemCount)
        return [
            RatingQuality(
                method: "mean of all ratings",
                predictions: [Float](repeating: mean, count: test.count), ratings: test.ratings),
            RatingQuality(
                method: "mean, item and reader",
                predictions: (0..<test.count).map { row in
                    means.prediction(reader: Int(test.readers[row]), item: Int(test.items[row]))
                }, ratings: test.ratings),
        ]
    }
}

/// Where a bundle has the readers and items of a split.
private struct Places {
    var readers: [ReaderIndex?]
    var items: [ItemIndex?]

    init(_ files: RatingSplitFiles, in bundle: ModelBundle) throws {
        let (split, catalogue) = (files.split, bundle.catalogue)
        guard let names = files.names else {
            guard split.readerCount <= catalogue.readerCount,
                split.itemCount <= catalogue.itemCount
            else {
                throw TrainingError(
                    .badSplit,
                    "the split has \(split.readerCount) readers and \(split.itemCount) items, the "
                        + "bundle \(catalogue.readerCount) and \(catalogue.itemCount): it was "
                        + "trained on other rows")
            }
            readers = (0..<split.readerCount).map { ReaderIndex($0) }
            items = (0..<split.itemCount).map { ItemIndex($0) }
            return
        }
        let former = try FormerPlaces(in: bundle, items: names.items, readers: names.readers)
        readers = [ReaderIndex?](repeating: nil, count: split.readerCount)
        items = [ItemIndex?](repeating: nil, count: split.itemCount)
        for reader in former.readers { readers[reader.to] = ReaderIndex(reader.from) }
        for item in former.items { items[item.to] = ItemIndex(item.from) }
    }

    func knows(_ examples: RatedExamples, row: Int) -> Bool {
        readers[Int(examples.readers[row])] != nil && items[Int(examples.items[row])] != nil
    }
}

/// The mean of all ratings, moved by how an item and a reader differ from it.
///
///     rating(u, i) = mean + b[i] + b[u]
///     b[i] = sum over u of (r - mean) / (itemShrinkage + count of i)
///     b[u] = sum over i of (r - mean - b[i]) / (readerShrinkage + count of u)
///
/// The baseline of Koren (2010), section 2.1, with the shrinkages given there.
struct RatingMeans {
    private let mean: Float
    private let itemBiases: [Float]
    private let readerBiases: [Float]

    private static let itemShrinkage: Float = 25
    private static let readerShrinkage: Float = 10

    init(_ examples: RatedExamples, readers: Int, items: Int) {
        let mean = RatingTrainer.mean(of: examples)
        let itemBiases = Self.shrunkMeans(items, Self.itemShrinkage, examples.count) { row in
            (Int(examples.items[row]), examples.ratings[row] - mean)
        }
        readerBiases = Self.shrunkMeans(readers, Self.readerShrinkage, examples.count) { row in
            (
                Int(examples.readers[row]),
                examples.ratings[row] - mean - itemBiases[Int(examples.items[row])]
            )
        }
        self.mean = mean
        self.itemBiases = itemBiases
    }

    private static func shrunkMeans(
        _ count: Int, _ shrinkage: Float, _ rows: Int, _ value: (Int) -> (Int, Float)
    ) -> [Float] {
        var sums = [Float](repeating: 0, count: count)
        var counts = [Float](repeating: 0, count: count)
        for row in 0..<rows {
            let (place, difference) = value(row)
            sums[place] += difference
            counts[place] += 1
        }
        return zip(sums, counts).map { $0 / ($1 + shrinkage) }
    }

    func prediction(reader: Int, item: Int) -> Float {
        mean + itemBiases[item] + readerBiases[reader]
    }
}
