/// How a model turns liked items into recommended ones.
package enum ServingRule: Sendable, Hashable {
    /// The best rated books of the one nearest reader, as HarperDB's recommenders answer.
    case nearestReader
    /// Many near readers vote with their items.
    case readerVote(ReaderVote)
    /// The rows of the liked items in an item-neighbours model are added up.
    case itemSum(ItemSum)
    /// An item-factors model solves for the vector of the reader who asks.
    case foldIn(FoldIn)
    /// Several rules are added up.
    case blend([BlendPart])
    /// What most readers chose: the baseline that every model must beat.
    case popularity
}

/// The settings of a vote; which values serve is decided on validation readers.
package struct ReaderVote: Sendable, Hashable {
    /// How many of the nearest readers vote.
    package var readers: Int
    /// What the tower's cosine counts beside shared items, 0 or more; 0 in a model without towers.
    package var towerWeight: Float
    /// What an item that a reader had but did not like counts beside a liked one.
    package var unrated: Float
    /// How much less a shared item counts the more readers have it: its count to minus this power.
    package var rarity: Float
    /// How much less a reader counts who has more items: their count to minus this power.
    package var activity: Float
    /// How much less a recommendation counts the more readers have it, likewise.
    package var damping: Float
    /// How strongly the nearest readers outweigh the others: the power of their similarity.
    package var sharpness: Float

    package init(
        readers: Int = 200, towerWeight: Float = 0.001, unrated: Float = 0.5, rarity: Float = 0.25,
        activity: Float = 0.25, damping: Float = 0.15, sharpness: Float = 1
    ) {
        self.readers = readers
        self.towerWeight = towerWeight
        self.unrated = unrated
        self.rarity = rarity
        self.activity = activity
        self.damping = damping
        self.sharpness = sharpness
    }

    /// Bounds a hostile manifest's work for each request.
    static let readersMax = 10_000
}

/// The settings of a sum of item rows.
package struct ItemSum: Sendable, Hashable {
    /// The power to which each weight is raised before it is added.
    package var locality: Float
    /// How much less a recommendation counts the more readers have it: their count to minus this.
    package var damping: Float

    package init(locality: Float = 1, damping: Float = 0) {
        self.locality = locality
        self.damping = damping
    }
}

/// The settings by which a new reader is folded in.
package struct FoldIn: Sendable, Hashable {
    /// The weight of all the items that were not asked with, which should score 0.
    package var unobserved: Float
    /// Keeps the reader's vector small; above 0.
    package var regularisation: Float
    /// How much less a recommendation counts the more readers have it: their count to minus this.
    package var damping: Float

    package init(unobserved: Float = 0.1, regularisation: Float = 0.1, damping: Float = 0) {
        self.unobserved = unobserved
        self.regularisation = regularisation
        self.damping = damping
    }
}

/// A rule within a blend.
package struct BlendPart: Sendable, Hashable {
    /// What the rule's favourite counts.
    package var weight: Float
    package var rule: ServingRule

    package init(weight: Float, rule: ServingRule) {
        self.weight = weight
        self.rule = rule
    }

    /// Bounds a hostile manifest's work for each request.
    static let countMax = 4
}
