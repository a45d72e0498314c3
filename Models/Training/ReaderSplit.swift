import Identifiers

/// A question put for a reader whom the model has never seen, and what the reader liked besides.
package struct HeldOutQuery: Sendable, Hashable {
    /// The reader's place among those of the same role; draws of one reader share it.
    package let reader: Int
    package let draw: Int
    package let items: [ItemIndex]
    /// Never empty; in no particular order of merit.
    package let hidden: [ItemIndex]

    package init(reader: Int, draw: Int, items: [ItemIndex], hidden: [ItemIndex]) {
        self.reader = reader
        self.draw = draw
        self.items = items
        self.hidden = hidden
    }
}

/// Readers who are learned from, and readers who are only asked about.
///
/// The rules, which every peer of the comparison follows too:
/// 1. A reader's role depends on the hash of the id alone: of ten parts, `testTenths` are for the
///    test, one is for validation, the rest is for training.
/// 2. Only liked items count. The vocabulary is what training readers liked, in the order in which
///    it first occurs, reader by reader; so are the training readers.
/// 3. A reader is asked about if at least five liked items are in the vocabulary. Each draw orders
///    them by a hash; the first three are the question, the rest is hidden.
package struct ReaderSplit: Sendable {
    package struct Rules: Sendable, Hashable {
        /// The lowest rating that counts as liking.
        package var likedRatingMin: Float
        package var testTenths = 2
        /// Questions for each reader who is asked about.
        package var draws: Int

        package init(likedRatingMin: Float, draws: Int) {
            self.likedRatingMin = likedRatingMin
            self.draws = draws
        }
    }

    /// One liked pair of a training reader.
    package struct Pair: Sendable, Hashable {
        package let reader: ReaderIndex
        package let item: ItemIndex
        package let rating: Float
    }

    /// Ids of the vocabulary; places are the item indices of everything below.
    package private(set) var items: [String] = []
    /// Ids of the training readers.
    package private(set) var readers: [String] = []
    /// The training pairs, reader by reader.
    package private(set) var pairs: [Pair] = []
    package private(set) var validation: [HeldOutQuery] = []
    package private(set) var test: [HeldOutQuery] = []
    /// What training readers had of the vocabulary without rating it, in the order of the rows.
    ///
    /// Nothing is trained on these; they say who knows a book, which helps when readers vote.
    package var unratedPairs: [Pair] { unlikedPairs.filter { $0.rating == 0 } }
    /// What training readers had of the vocabulary without liking it, in the order of the rows;
    /// the rating 0 is none.
    package private(set) var unlikedPairs: [Pair] = []
    /// For each vocabulary item its place in the interactions it came from.
    package private(set) var sources: [ItemIndex] = []

    package let rules: Rules

    package static let likedItemsMin = 5
    package static let queryItems = 3

    enum Role: Sendable { case test, validation, training }

    package init(_ interactions: Interactions, rules: Rules) {
        self.rules = rules
        var liked: [ReaderIndex: [(item: ItemIndex, rating: Float)]] = [:]
        var order: [ReaderIndex] = []
        for row in 0..<interactions.rowCount
        where interactions.rowRatings[row] >= rules.likedRatingMin {
            let reader = interactions.rowReaders[row]
            if liked[reader] == nil { order.append(reader) }
            liked[reader, default: []].append(
                (interactions.rowItems[row], interactions.rowRatings[row]))
        }
        let roles = order.map { Self.role(of: interactions.readers[$0.place], rules) }

        var vocabulary: [ItemIndex: ItemIndex] = [:]
        var trainingReaders: [ReaderIndex: ReaderIndex] = [:]
        for (reader, role) in zip(order, roles) where role == .training {
            let index = ReaderIndex(readers.count)
            trainingReaders[reader] = index
            readers.append(interactions.readers[reader.place])
            for choice in liked[reader] ?? [] {
                let item = vocabulary[choice.item] ?? ItemIndex(items.count)
                if item.place == items.count {
                    vocabulary[choice.item] = item
                    items.append(interactions.items[choice.item.place])
                    sources.append(choice.item)
                }
                pairs.append(Pair(reader: index, item: item, rating: choice.rating))
            }
        }
        unlikedPairs = Self.unliked(interactions, rules, trainingReaders, vocabulary)
        for (asked, path) in [
            (Role.validation, \Self.validation), (Role.test, \Self.test),
        ] {
            let who = zip(order, roles).filter { $0.1 == asked }.map(\.0)
            self[keyPath: path] = who.enumerated().flatMap { place, reader in
                queries(
                    reader: interactions.readers[reader.place], place: place,
                    liked: (liked[reader] ?? []).compactMap { vocabulary[$0.item] }, rules)
            }
        }
    }

    /// A split whose parts are known.
    init(
        items: [String], readers: [String], pairs: [Pair], validation: [HeldOutQuery],
        test: [HeldOutQuery], rules: Rules
    ) {
        self.items = items
        self.readers = readers
        self.pairs = pairs
        self.validation = validation
        self.test = test
        self.rules = rules
        sources = items.indices.map { ItemIndex($0) }
    }

    private static func unliked(
        _ interactions: Interactions, _ rules: Rules, _ readers: [ReaderIndex: ReaderIndex],
        _ vocabulary: [ItemIndex: ItemIndex]
    ) -> [Pair] {
        (0..<interactions.rowCount).compactMap { row in
            let rating = interactions.rowRatings[row]
            guard rating < rules.likedRatingMin,
                let reader = readers[interactions.rowReaders[row]],
                let item = vocabulary[interactions.rowItems[row]]
            else { return nil }
            return Pair(reader: reader, item: item, rating: max(0, rating))
        }
    }

    static func role(of reader: String, _ rules: Rules) -> Role {
        let tenth = Int(ProtocolHash.of(2, ProtocolHash.of(text: reader)) % 10)
        return tenth < rules.testTenths
            ? .test : tenth == rules.testTenths ? .validation : .training
    }

    private func queries(
        reader: String, place: Int, liked: [ItemIndex], _ rules: Rules
    ) -> [HeldOutQuery] {
        guard liked.count >= Self.likedItemsMin else { return [] }
        let readerHash = ProtocolHash.of(text: reader)
        return (0..<rules.draws).map { draw in
            let hashed = liked.map { item in
                let name = items[item.place]
                let itemHash = ProtocolHash.of(text: name)
                return (item, ProtocolHash.of(4, readerHash, UInt64(draw), itemHash), name)
            }
            let ordered = hashed.sorted { left, right in
                left.1 != right.1
                    ? left.1 < right.1 : left.2.utf8.lexicographicallyPrecedes(right.2.utf8)
            }.map(\.0)
            return HeldOutQuery(
                reader: place, draw: draw, items: Array(ordered.prefix(Self.queryItems)),
                hidden: Array(ordered.dropFirst(Self.queryItems)))
        }
    }
}
