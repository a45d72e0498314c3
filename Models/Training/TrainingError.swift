/// Why a model cannot be trained or judged.
package struct TrainingError: Error, Sendable {
    package enum Code: Sendable {
        /// The recipe is not JSON of the expected shape.
        case badRecipe
        /// Too little is left to train on or to judge by.
        case notEnoughData
        /// The files of a split are missing or malformed.
        case badSplit
        case cancelled
        /// The error grew beyond all numbers.
        case diverged
        /// A checkpoint is damaged, or of another recipe or other data.
        case badCheckpoint
        /// The disk refused.
        case unwritable
    }

    package let code: Code
    package let message: String
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}
