import Identifiers
import Retrieval

/// Picks from a ranking so that an answer is worth reading: no title twice, no series alone.
struct Variety {
    /// For each item its title's number, and its series' or 0.
    let editions: [Int32]
    let series: [Int32]
    /// Volumes of one series in an answer.
    let seriesMax: Int

    /// How many ranked items are looked at for an answer of this length.
    static func pool(for limit: Int) -> Int { limit * 4 + 20 }

    /// The first items of the ranking that are neither editions of what was chosen nor of one
    /// another, with at most `seriesMax` volumes of a series.
    ///
    /// If that leaves too few, volumes that were passed over follow in their order.
    func pick(_ limit: Int, from ranking: [RankedItem], chosen: [ItemIndex]) -> [RankedItem] {
        // Short lists: looking through them is quicker than a set of them would be made.
        var titles = chosen.map { editions[$0.place] }
        var volumes: [Int32] = []
        var picked: [RankedItem] = []
        var passed: [RankedItem] = []
        for ranked in ranking where picked.count < limit {
            let title = editions[ranked.item.place]
            guard !titles.contains(title) else { continue }
            titles.append(title)
            let saga = series[ranked.item.place]
            if saga != 0, volumes.count(where: { $0 == saga }) >= seriesMax {
                passed.append(ranked)
                continue
            }
            volumes.append(saga)
            picked.append(ranked)
        }
        return picked + passed.prefix(limit - picked.count)
    }
}
