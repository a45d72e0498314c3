/// The key under which a catalogue keeps a book, and the spellings under which people ask for it.
package enum BookKey {
    /// The keys to try for what somebody wrote, most likely first.
    ///
    /// A catalogue keeps an ISBN's form of ten characters where there is one, and otherwise what
    /// the data said, in upper case without hyphens.
    package static func spellings(of written: String) -> [String] {
        let plain = String(decoding: ISBN.significant(written), as: UTF8.self)
        guard !plain.isEmpty else { return [] }
        guard let isbn = ISBN(plain) ?? ISBN(restoringZeros: plain) else { return [plain] }
        let known = isbn.ten.map { [$0, isbn.thirteen] } ?? [isbn.thirteen]
        return known.contains(plain) ? known : known + [plain]
    }

    /// The key that a catalogue keeps for what the data said; empty if it said nothing.
    package static func canonical(_ written: String) -> String {
        spellings(of: written).first ?? ""
    }
}
