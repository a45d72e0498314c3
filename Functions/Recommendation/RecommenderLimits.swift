/// What a recommender accepts in one request, and how much it answers.
enum RecommenderLimits {
    /// HarperDB's models take three items, and so does the question that ours are trained for.
    static let likedItemsMin = 3
    /// A query is a mean of embeddings; beyond some dozens it says little about a taste.
    static let likedItemsMax = 50
    static let rankedItemsDefault = 10
    static let rankedItemsMax = 100
    /// Volumes of one series in an answer, unless somebody asks for more.
    static let seriesDefault = 3
    /// A search for two letters would otherwise send the whole catalogue.
    static let foundItemsMax = 1_000
    /// Text of a search, in bytes.
    static let searchBytesMax = 256
    /// Rows that `/setup` writes in one transaction.
    static let setupBatchRows = 5_000
    /// Steps of work, each about a nanosecond, up to which an answer is made between two other
    /// clients of an event loop.
    static let promptSteps = 300_000
}
