import BundleFormat
import JSON
import Retrieval

/// Reads the members of a recipe and remembers which were read.
struct RecipeFields {
    private var unread: JSONObject

    init(_ object: JSONObject) { unread = object }

    mutating func text(_ name: String) throws(TrainingError) -> String {
        guard let text = take(name)?.stringValue, !text.isEmpty else { throw wrong(name, "text") }
        return text
    }

    /// The name of a model, which is also the name of files.
    mutating func modelName() throws(TrainingError) -> String {
        let name = try text("model")
        guard BundleManifest.isPlainFileName(name) else {
            throw wrong(
                "model",
                "at most \(BundleLimits.modelNameBytesMax) of a-z, 0-9, '-', '_' and '.', "
                    + "and not begin with a point")
        }
        return name
    }

    mutating func flag(_ name: String) throws(TrainingError) -> Bool {
        guard let flag = take(name)?.boolValue else { throw wrong(name, "true or false") }
        return flag
    }

    /// A member that may be left out.
    mutating func flag(_ name: String, default flag: Bool) throws(TrainingError) -> Bool {
        unread[name] == nil ? flag : try self.flag(name)
    }

    mutating func whole(_ name: String, _ range: ClosedRange<Int>) throws(TrainingError) -> Int {
        guard let number = take(name)?.integerValue, range.contains(number) else {
            throw wrong(
                name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A member that may be left out; `null` is no number.
    mutating func whole(
        _ name: String, _ range: ClosedRange<Int>, default number: Int
    ) throws(TrainingError) -> Int {
        unread[name] == nil ? number : try whole(name, range)
    }

    mutating func real(
        _ name: String, _ range: ClosedRange<Double>
    ) throws(TrainingError) -> Double {
        guard let number = take(name)?.doubleValue, range.contains(number) else {
            throw wrong(name, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A list of whole numbers, possibly empty.
    mutating func wholes(
        _ name: String, _ range: ClosedRange<Int>, countMax: Int
    ) throws(TrainingError) -> [Int] {
        let numbers = take(name)?.arrayValue?.map(\.integerValue)
        guard let numbers, numbers.count <= countMax,
            numbers.allSatisfy({ number in number.map(range.contains) ?? false })
        else {
            throw wrong(
                name,
                "a list of at most \(countMax) whole numbers from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return numbers.compactMap(\.self)
    }

    /// Whether the recipe has a member.
    func has(_ name: String) -> Bool { unread[name] != nil }

    mutating func rules(_ name: String) throws(TrainingError) -> [ServingRule] {
        guard let values = take(name)?.arrayValue, !values.isEmpty else {
            throw wrong(name, "a list of at least one serving rule")
        }
        return try values.map { value throws(TrainingError) in
            guard let object = value.objectValue else { throw wrong(name, "a list of objects") }
            do throws(RetrievalError) {
                return try ServingRule(object)
            } catch {
                throw TrainingError(.badRecipe, "\"\(name)\": \(error.message)", cause: error)
            }
        }
    }

    /// A member that may be left out.
    mutating func object(_ name: String) throws(TrainingError) -> JSONObject? {
        guard let value = take(name) else { return nil }
        guard let object = value.objectValue else { throw wrong(name, "an object") }
        return object
    }

    func refuseUnread() throws(TrainingError) {
        guard let name = unread.names.first else { return }
        throw TrainingError(.badRecipe, "the recipe has an unknown member \"\(name)\"")
    }

    private mutating func take(_ name: String) -> JSONValue? {
        defer { unread[name] = nil }
        return unread[name]
    }

    func wrong(_ name: String, _ what: String) -> TrainingError {
        TrainingError(.badRecipe, "the recipe's member \"\(name)\" must be \(what)")
    }
}
