import BundleFormat
import FunctionRuntime
import Identifiers
import Retrieval

/// A bundle that answers: its catalogue, its towers and the rule that won on validation.
package final class RecommenderModel: Sendable {
    package let bundle: ModelBundle
    private let recommender: Recommender

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
        self.bundle = bundle
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
