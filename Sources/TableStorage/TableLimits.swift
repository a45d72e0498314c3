/// What the store accepts; each limit stands before the work that it bounds.
package enum TableLimits {
    /// Characters of a database's, table's or attribute's name (HarperDB's limit).
    package static let nameCharactersMax = 250
    /// Bytes of an attribute's name (HarperDB's limit).
    package static let attributeNameBytesMax = 250
    /// Attributes of one table; SQLite has at most 2,000 columns.
    package static let attributesMax = 1_900
    package static let databasesMax = 1_000
    package static let tablesMax = 1_000
    /// One value as it is stored, in bytes.
    package static let valueBytesMax = 64 << 20
    /// Arrays and objects inside one another in one value.
    package static let valueDepthMax = 128
    /// A key, in bytes.
    package static let keyBytesMax = 4_096
    /// Nesting of conditions in a search.
    package static let conditionDepthMax = 16
    /// Conditions in a search; SQLite has at most 32,766 parameters.
    package static let conditionsMax = 1_000
    /// Rows from which on a search makes an index; fewer are scanned faster than one is built.
    package static let indexRowsMin = 1_000
    /// Records of an import that are written in one transaction.
    package static let importBatchRecords = 5_000
    /// Bytes of an import's text that are written in one transaction.
    static let importBatchBytes = 4 << 20
    /// Records or entries that a long deletion removes in one transaction.
    static let deletionBatchCount = 5_000
    /// Sets of attributes for which one request keeps prepared statements.
    static let fieldSetsMax = 64
    /// The longest time that records may live before they expire: a hundred years.
    package static let expirationSecondsMax = 100 * 366 * 86_400
    /// Entries and bytes of an answer out of a table's log.
    package static let auditEntriesMax = 100_000
    package static let auditAnswerBytesMax = 256 << 20
    /// Keys or users that one question about a table's log may name.
    package static let auditSearchValuesMax = 1_000
    /// Bytes of one SQL statement.
    package static let sqlBytesMax = 1 << 20
    /// Brackets of an SQL statement inside one another; SQLite's own parser stops near 100.
    package static let sqlDepthMax = 100
    /// Tokens of an expression whose text becomes a key of the answer.
    static let sqlKeyTokensMax = 1_000
    /// Rows of an SQL answer.
    package static let sqlRowsMax = 1_000_000
    /// One value or row that an SQL query makes or reads, in bytes: `printf` can ask for a billion.
    package static let sqlValueBytesMax = 128 << 20
    /// Text and blobs of all rows of an SQL answer, in bytes.
    package static let sqlAnswerBytesMax = 256 << 20
    /// How long an SQL query may run.
    package static let sqlTime = Duration.seconds(30)
    /// How long an SQL write may run: nobody else writes to that database meanwhile.
    package static let sqlWriteTime = Duration.seconds(5)
    /// Records of an SQL write between two looks at the clock.
    static let sqlWriteBatchRecords = 500
    /// Databases that one SQL query may join; SQLite attaches at most ten.
    package static let sqlDatabasesMax = 8
    /// Bytes of a pattern behind REGEXP, LIKE or GLOB.
    package static let patternBytesMax = 1_024
    /// Steps of a regular expression after its repetitions are copied out.
    package static let patternStepsMax = 2_000
    /// Groups of a regular expression inside one another.
    package static let patternDepthMax = 50
}
