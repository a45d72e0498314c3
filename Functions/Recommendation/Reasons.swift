import BundleFormat
import Identifiers
import JSON
import Retrieval

/// Says of a recommended item which liked one it goes with.
struct Reasons {
    private let liked: LikedItems
    private let chosen: [ItemIndex: CatalogueItem]
    private let description: RecommenderDescription

    /// - Parameter items: The particulars of `liked.chosen`, in its order.
    init(_ liked: LikedItems, _ items: [CatalogueItem], _ description: RecommenderDescription) {
        self.liked = liked
        self.description = description
        chosen = Dictionary(zip(liked.chosen, items), uniquingKeysWith: { first, _ in first })
    }

    /// The liked item, and `by` if the model has not learned it: then other titles of its author,
    /// or titles like its own, spoke for it.
    ///
    /// Nil if nothing of the question was known: what most readers chose has no other reason.
    func reason(of ranked: RankedItem) -> JSONValue? {
        if let item = chosen[ranked.because] { return .object(description.reason(item)) }
        guard let stranger = liked.stranger(behind: ranked.because),
            let likeness = stranger.likeness
        else { return nil }
        var reason = description.reason(stranger.item)
        reason["by"] = .string(likeness.rawValue)
        return .object(reason)
    }
}
