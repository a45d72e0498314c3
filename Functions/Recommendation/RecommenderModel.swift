import BundleFormat
import FunctionRuntime
import Identifiers
import Retrieval

/// A bundle that answers: its catalogue, its towers and the rule that won on validation.
package final class RecommenderModel: Sendable {
    package let bundle: ModelBundle
    private let recommender: Recommender
    private let groups: (editions: [Int32], series: [Int32])

    /// The version as the header `X-Model-Version` shows it.
    package var version: Int { bundle.manifest.version }

    /// - Throws: `.modelRefused` if the bundle is of another model, or its serving rule is unknown.
    package init(_ bundle: ModelBundle, expecting modelName: String) throws(FunctionError) {
        guard bundle.manifest.modelName == modelName else {
            throw FunctionError(
                .modelRefused,
                "the bundle holds the model \(bundle.manifest.modelName), not \(modelName)")
        }
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

    /// The catalogue's records of these items, in their order.
    func items(_ indices: [ItemIndex]) throws(FunctionError) -> [CatalogueItem] {
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
