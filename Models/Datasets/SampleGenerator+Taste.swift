import Foundation

extension SampleGenerator {
    /// Books that the same readers enjoy, as `Models/Sample/tastes.json` describes them.
    package struct Taste: Sendable, Hashable, Decodable {
        /// Stable name for programs, in lower case with hyphens.
        package let id: String
        /// Name for people.
        package let name: String
        package let description: String
        /// ISBN-10s, the best-known first; neighbours are alike, by author or by series.
        package let books: [String]

        package init(id: String, name: String, description: String, books: [String]) {
            self.id = id
            self.name = name
            self.description = description
            self.books = books
        }

        /// Reads the documented tastes.
        ///
        /// - Parameter bytes: A JSON array of objects with the members of this type.
        /// - Throws: `.malformedTastes` with the decoder's reason.
        package static func list(parsing bytes: [UInt8]) throws(SampleGeneratorError) -> [Taste] {
            do {
                return try JSONDecoder().decode([Taste].self, from: Data(bytes))
            } catch {
                throw SampleGeneratorError(
                    code: .malformedTastes, message: "the tastes are not as expected: \(error)")
            }
        }
    }
}

/// Why the sample's ratings cannot be generated.
package struct SampleGeneratorError: Error, Sendable, Hashable {
    package enum Code: Sendable {
        /// The text is not a JSON array of tastes.
        case malformedTastes
        /// No taste at all, or a taste without books.
        case emptyTaste
    }

    package let code: Code
    package let message: String
}
