import BundleFormat
import Foundation
import FunctionRuntime
import Identifiers
import Retrieval

/// A bundle that answers: its catalogue, its towers and the rule that won on validation.
package final class RecommenderModel: Sendable {
    package let bundle: ModelBundle
    private let recommender: Recommender
    private let groups: (editions: [Int32], series: [Int32])
    private let description: RecommenderDescription
    private let records: ItemRecords

    /// The version as the header `X-Model-Version` shows it.
    package var version: Int { bundle.manifest.version }

    /// - Throws: `.modelRefused` if the bundle is of another model, or its serving rule is unknown.
    package init(
        _ bundle: ModelBundle, for description: RecommenderDescription
    ) throws(FunctionError) {
        guard bundle.manifest.modelName == description.modelName else {
            throw FunctionError(
                .modelRefused,
                "the bundle holds the model \(bundle.manifest.modelName), not "
                    + description.modelName)
        }
        self.description = description
        do throws(RetrievalError) {
            recommender = try Recommender(bundle: bundle)
        } catch {
            throw FunctionError(.modelRefused, error.message, cause: error)
        }
        do throws(BundleError) {
            groups = try bundle.catalogue.titleGroups()
        } catch {
            throw FunctionError(.modelRefused, error.message, cause: error)
        }
        self.bundle = bundle
        records = ItemRecords(itemCount: bundle.catalogue.itemCount)
    }

    /// What a question is answered with, best first.
    ///
    /// A title of what was chosen does not come back, nor does any title twice. If nothing of the
    /// question is known to the model, the answer is what most readers chose.
    func answer(_ question: Question, liked: LikedItems) -> [RankedItem] {
        let pool = Variety.pool(for: question.limit)
        var ranking =
            liked.indices.isEmpty
            ? recommender.popular(limit: pool) : recommend(for: liked.indices, limit: pool)
        if question.surprise > 0 {
            ranking = recommender.damped(ranking, power: question.surprise)
        }
        let leading = liked.strangers.compactMap { stranger in
            stranger.neighbours.first.map { RankedItem(item: $0, score: 1, because: $0) }
        }
        let variety = Variety(
            editions: groups.editions, series: groups.series, seriesMax: question.seriesMax)
        return variety.pick(question.limit, from: leading + ranking, chosen: liked.chosen)
    }

    /// Items by how many readers have them, most first; of equals in the given order.
    func byReaders(_ items: [Int]) -> [Int] {
        items.enumerated().sorted { left, right in
            let (a, b) = (readerCount(of: left.element), readerCount(of: right.element))
            return a != b ? a > b : left.offset < right.offset
        }.map(\.element)
    }

    /// How many readers of the model have an item.
    func readerCount(of item: Int) -> Int { recommender.model.readership.readerCount(of: item) }

    /// Whether a question about these items is answered in a fraction of a millisecond.
    func answersSoon(_ liked: [ItemIndex]) -> Bool {
        recommender.stepCount(for: liked) <= RecommenderLimits.promptSteps
    }

    /// The items that go with the liked ones, best first; never one of them.
    package func recommend(for liked: [ItemIndex], limit: Int) -> [RankedItem] {
        recommender.recommend(for: liked, limit: limit)
    }

    /// Asks the golden queries, which also brings the pages that serving needs into memory.
    ///
    /// - Throws: `.modelRefused` at the first answer that is not close enough.
    package func proveGoldenQueries() throws(FunctionError) {
        for (number, query) in bundle.golden.queries.enumerated() {
            let answer = recommend(
                for: query.items.map { ItemIndex($0) }, limit: query.expected.count)
            guard bundle.golden.isMet(query, by: answer.map { $0.item.place }) else {
                throw FunctionError(
                    .modelRefused, "the golden query \(number) got another answer than it expects")
            }
        }
    }

    /// The item that a client means, among those that the model has learned.
    ///
    /// - Throws: `.modelUnavailable` if the catalogue cannot be read.
    func index(of key: Question.Key) throws(BundleError) -> ItemIndex? {
        if let known = knownIndex(of: key) { return known }
        guard let found = try bundle.catalogue.index(ofFirst: key.spellings) else { return nil }
        if let text = key.text { records.remember(ItemIndex(found), for: text) }
        return ItemIndex(found)
    }

    /// The same if it can be told without the catalogue, which lies on a disk.
    func knownIndex(of key: Question.Key) -> ItemIndex? { key.text.flatMap(records.index) }

    /// The records of these items, in their order.
    ///
    /// - Throws: `.modelUnavailable` if the catalogue cannot be read or lacks one of them.
    func records(of items: [ItemIndex]) throws(FunctionError) -> [ItemRecord] {
        let held = records.held(items)
        let missing = zip(items, held).filter { $0.1 == nil }.map(\.0)
        guard !missing.isEmpty else { return held.compactMap(\.self) }
        let time = createdMilliseconds
        let read = zip(missing, try self.items(missing)).map { index, item in
            (index, ItemRecord(item, at: index.place, createdMilliseconds: time, description))
        }
        records.hold(read)
        let found = Dictionary(read, uniquingKeysWith: { first, _ in first })
        return zip(items, held).compactMap { $1 ?? found[$0] }
    }

    /// The records of these items if all are in memory.
    func heldRecords(of items: [ItemIndex]) -> [ItemRecord]? {
        let held = records.held(items).compactMap(\.self)
        return held.count == items.count ? held : nil
    }

    var createdMilliseconds: Int64 {
        Int64(bundle.manifest.created.timeIntervalSince1970 * 1_000)
    }

    private func items(_ indices: [ItemIndex]) throws(FunctionError) -> [CatalogueItem] {
        do throws(BundleError) {
            let items = try bundle.catalogue.items(at: indices.map(\.place))
            let known = items.compactMap(\.self)
            guard known.count == items.count else {
                throw BundleError(.inconsistent, "the catalogue lacks an item of the model")
            }
            return known
        } catch {
            throw FunctionError(.modelUnavailable, error.message, cause: error)
        }
    }

    /// What a candidate reader rated, best rated first.
    func ratedItems(ofReaderAt index: Int) -> [(item: ItemIndex, rating: Int)] {
        recommender.model.readership.ratedItems(of: ReaderIndex(index))
    }
}
