import BundleFormat
import JSON

/// What differs between a recommender of books and one of songs; everything else is shared.
package struct RecommenderDescription: Sendable {
    /// The project's name in URLs, such as `book-recommender`.
    package var project: String
    /// The model and the channel that it comes by, such as `books`.
    package var modelName: String
    /// The database that the project keeps its tables in.
    package var database: String
    /// The word for one item in messages, such as `book`.
    package var itemNoun: String
    /// The word for an item's key in messages, such as `ISBN`.
    package var keyNoun: String
    /// The route that searches items, such as `books`.
    package var searchRoute: String
    /// The member of a question that lists the liked items, such as `isbns`.
    package var inputField: String
    /// The spellings under which the catalogue may know what a client sent, most likely first;
    /// nil if the value cannot be a key at all.
    package var spellings: @Sendable (JSONValue) -> [String]?
    /// An item as answers and tables show it, without id and times.
    package var record: @Sendable (CatalogueItem) -> JSONObject
    /// The liked item that a recommendation goes with, as its reason shows it.
    package var reason: @Sendable (CatalogueItem) -> JSONObject
    /// The row that tells of an answered question in the table `recommendations`.
    package var logRow:
        @Sendable (_ liked: [CatalogueItem], _ answer: [CatalogueItem]) -> JSONObject
    /// The tables that `/setup` makes and fills, beside `status` and `recommendations`.
    package var tables: [SetupTable]
    /// The files of the web page, by their path under `/ui/`.
    package var page: [PageFile]

    package init(
        project: String, modelName: String, database: String, itemNoun: String, keyNoun: String,
        searchRoute: String, inputField: String,
        spellings: @escaping @Sendable (JSONValue) -> [String]?,
        record: @escaping @Sendable (CatalogueItem) -> JSONObject,
        reason: @escaping @Sendable (CatalogueItem) -> JSONObject,
        logRow: @escaping @Sendable ([CatalogueItem], [CatalogueItem]) -> JSONObject,
        tables: [SetupTable], page: [PageFile]
    ) {
        self.project = project
        self.modelName = modelName
        self.database = database
        self.itemNoun = itemNoun
        self.keyNoun = keyNoun
        self.searchRoute = searchRoute
        self.inputField = inputField
        self.spellings = spellings
        self.record = record
        self.reason = reason
        self.logRow = logRow
        self.tables = tables
        self.page = page
    }
}

/// A table of the project, and the part of the bundle that fills it.
package struct SetupTable: Sendable {
    /// Which list of the bundle becomes rows.
    package enum Source: Sendable {
        case items(@Sendable (_ index: Int, CatalogueItem) -> JSONObject)
        case readers(@Sendable (_ index: Int, _ reader: String) -> JSONObject)
        /// Every rating of every candidate reader.
        case ratings(@Sendable (_ reader: String, CatalogueItem, _ rating: Int) -> JSONObject)
    }

    package let name: String
    package let source: Source

    package init(_ name: String, _ source: Source) {
        self.name = name
        self.source = source
    }
}

/// One file of a web page, held in memory.
package struct PageFile: Sendable {
    /// The path under `/ui/`; the empty path is the page itself.
    package let path: String
    package let type: String
    package let bytes: [UInt8]

    package init(_ path: String, type: String, bytes: [UInt8]) {
        self.path = path
        self.type = type
        self.bytes = bytes
    }
}
