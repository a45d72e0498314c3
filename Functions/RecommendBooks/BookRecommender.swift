import BundleFormat
import FunctionRuntime
import HTTPCore
import Identifiers
import JSON
import Recommendation

/// HarperDB's book recommender: `POST /book-recommender/recommend {"isbns": [three of them]}`.
package enum BookRecommender {
    /// The model that answers, and the channel of the feed that brings it.
    package static let modelName = "books"

    package static func function(_ context: FunctionContext) -> any CustomFunction {
        RecommenderFunction(description, context: context)
    }

    static let description = RecommenderDescription(
        project: "book-recommender", modelName: modelName, database: "hdbml_book_recommender",
        itemNoun: "book", keyNoun: "ISBN", searchRoute: "books", inputField: "isbns",
        spellings: spellings, record: record,
        reason: { ["isbn": .string($0.key), "title": .string($0.title)] },
        logRow: { liked, answer in
            [
                "isbns": .array(liked.map { .string($0.key) }),
                "recommendedIsbns": .array(answer.map { .string($0.key) }),
            ]
        },
        tables: [
            SetupTable("books", .items { _, book in record(book) }),
            SetupTable(
                "isbn_idxs",
                .items { index, book in ["isbn": .string(book.key), "index": JSONValue(index)] }),
            SetupTable(
                "user_idxs",
                .readers { index, reader in ["user_id": .string(reader), "index": JSONValue(index)]
                }),
            SetupTable(
                "ratings",
                .ratings { reader, book, rating in
                    [
                        "user_id": .string(reader), "isbn": .string(book.key),
                        "rating": JSONValue(rating),
                    ]
                }),
        ],
        page: BookPage.files)

    /// An ISBN comes as text with or without hyphens, of ten or thirteen characters, or as the
    /// number that HarperDB's import makes of it, whose leading zeros are lost.
    static func spellings(_ value: JSONValue) -> [String]? {
        switch value {
        case .string(let text): BookKey.spellings(of: text)
        case .integer(let number) where number > 0: BookKey.spellings(of: String(number))
        default: nil
        }
    }

    /// A book with the members of HarperDB's table `books`; no member is ever null.
    static func record(_ book: CatalogueItem) -> JSONObject {
        var record: JSONObject = [
            "isbn": .string(book.key), "title": .string(book.title),
            "search": .string(book.searchText), "author": .string(book.author),
        ]
        if let year = book.year { record["year"] = JSONValue(year) }
        record["publisher"] = .string(book.publisher)
        return record
    }
}

/// The files of the web page, compiled into the program.
enum BookPage {
    static let files = [
        PageFile("", type: "text/html; charset=utf-8", bytes: PackageResources.index_html),
        PageFile(
            "index.html", type: "text/html; charset=utf-8", bytes: PackageResources.index_html),
        PageFile("page.css", type: "text/css; charset=utf-8", bytes: PackageResources.page_css),
        PageFile(
            "page.js", type: "text/javascript; charset=utf-8", bytes: PackageResources.page_js),
    ]
}
