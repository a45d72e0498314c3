import BundleFormat
import Identifiers
import JSON
import Retrieval

/// Says of a recommended item which liked one it goes with.
struct Reasons {
    private let liked: LikedItems
    private let chosen: [ItemRecord]
    private let description: RecommenderDescription

    /// - Parameter chosen: The records of `liked.chosen`, in its order.
    init(_ liked: LikedItems, _ chosen: [ItemRecord], _ description: RecommenderDescription) {
        self.liked = liked
        self.chosen = chosen
        self.description = description
    }

    /// The liked item as JSON, and `by` if the model has not learned it: then other titles of its
    /// author, or titles like its own, spoke for it.
    ///
    /// Nil if nothing of the question was known: what most readers chose has no other reason.
    func reason(of ranked: RankedItem) -> [UInt8]? {
        if let place = liked.chosen.firstIndex(of: ranked.because) { return chosen[place].reason }
        guard let stranger = liked.stranger(behind: ranked.because),
            let likeness = stranger.likeness
        else { return nil }
        var reason = description.reason(stranger.item)
        reason["by"] = .string(likeness.rawValue)
        return JSONValue.object(reason).encoded()
    }
}
