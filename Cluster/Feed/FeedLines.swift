import Foundation
import Integrity

/// Reads the lines of a signed body in the one order that is allowed.
struct FeedLines {
    private var lines: ArraySlice<Substring>
    private let malformed: FeedRefusal.Code

    /// - Throws: `sig.domain` if the first line is of another type; else the given code.
    init(
        _ body: [UInt8], type: String, malformed: FeedRefusal.Code
    ) throws(FeedRefusal) {
        self.malformed = malformed
        guard let text = String(validating: body, as: UTF8.self), text.hasSuffix("\n\n"),
            !text.unicodeScalars.contains("\r")
        else {
            throw FeedRefusal(malformed, "the signed part is no text that ends with an empty line")
        }
        lines = text.dropLast(2).split(separator: "\n", omittingEmptySubsequences: false)[...]
        guard lines.popFirst().map(String.init) == type else {
            throw FeedRefusal(.signatureDomain, "the file is not of the type \"\(type)\"")
        }
    }

    mutating func required(_ name: String) throws(FeedRefusal) -> String {
        guard let value = optional(name) else {
            throw FeedRefusal(malformed, "the member \"\(name)\" is missing or out of order")
        }
        return value
    }

    mutating func optional(_ name: String) -> String? {
        guard let line = lines.first, line.hasPrefix("\(name): ") else { return nil }
        lines.removeFirst()
        return String(line.dropFirst(name.count + 2))
    }

    mutating func all(_ name: String, max: Int) throws(FeedRefusal) -> [String] {
        var values: [String] = []
        while let value = optional(name) {
            guard values.count < max else {
                throw FeedRefusal(malformed, "more than \(max) members \"\(name)\"")
            }
            values.append(value)
        }
        return values
    }

    /// Refuses members that this reader does not know: they might mean "do not do this".
    func end() throws(FeedRefusal) {
        guard let line = lines.first else { return }
        throw FeedRefusal(malformed, "the line \"\(line.prefix(40))\" is unknown or out of order")
    }

    // MARK: Values

    func number(_ text: String) throws(FeedRefusal) -> UInt64 {
        guard let number = UInt64(text), String(number) == text else {
            throw FeedRefusal(malformed, "\"\(text.prefix(40))\" is no plain whole number")
        }
        return number
    }

    func date(_ text: String) throws(FeedRefusal) -> Date {
        guard let date = try? Date(text, strategy: .iso8601), date.formatted(.iso8601) == text
        else {
            throw FeedRefusal(
                malformed, "\"\(text.prefix(40))\" is no date like 2026-03-01T10:00:00Z")
        }
        return date
    }

    /// The words of a value, parted by exactly one space each.
    func words(_ text: String) -> [Substring] {
        text.split(separator: " ", omittingEmptySubsequences: false)
    }

    func digest(_ text: some StringProtocol) throws(FeedRefusal) -> SHA256Digest {
        let prefix = "sha256:"
        guard text.hasPrefix(prefix),
            let digest = SHA256Digest(hex: String(text.dropFirst(prefix.count)))
        else {
            throw FeedRefusal(
                .digestMalformed, "a digest is not sha256: and 64 lower-case digits")
        }
        return digest
    }
}
