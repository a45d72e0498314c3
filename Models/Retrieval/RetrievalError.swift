/// Why a bundle cannot answer.
package struct RetrievalError: Error, Sendable, Hashable {
    package enum Code: Sendable {
        /// A tensor of the bundle is missing.
        case missingTensor
        /// The bundle's kind of model predicts and does not rank.
        case unknownKind
        /// The manifest names a serving rule, or a setting of it, that this node does not know.
        case unknownRule
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
