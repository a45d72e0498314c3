/// The place of an item in a model: a row of its item embeddings.
///
/// Never an id that a client sees, and never a reader's place.
package struct ItemIndex: RawRepresentable, Sendable, Hashable, Comparable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// - Precondition: the place fits 32 bits; catalogues are far smaller.
    package init(_ place: Int) { rawValue = Int32(place) }

    package var place: Int { Int(rawValue) }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The place of a reader in a model: a row of its reader embeddings.
package struct ReaderIndex: RawRepresentable, Sendable, Hashable, Comparable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// - Precondition: the place fits 32 bits.
    package init(_ place: Int) { rawValue = Int32(place) }

    package var place: Int { Int(rawValue) }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
