import BundleFormat
import Identifiers
import JSON
import Synchronization

/// An item as answers show it, encoded once.
final class ItemRecord: Sendable {
    let item: CatalogueItem
    /// The record without its closing brace: an answer adds score and reason.
    let opening: [UInt8]
    /// The item as the reason of another one.
    let reason: [UInt8]

    init(
        _ item: CatalogueItem, at index: Int, createdMilliseconds: Int64,
        _ description: RecommenderDescription
    ) {
        self.item = item
        let record = JSONValue.object(
            Self.record(item, at: index, createdMilliseconds, description))
        opening = record.encoded().dropLast()
        reason = JSONValue.object(description.reason(item)).encoded()
    }

    /// An item with the members that every record of HarperDB has.
    static func record(
        _ item: CatalogueItem, at index: Int, _ createdMilliseconds: Int64,
        _ description: RecommenderDescription
    ) -> JSONObject {
        var record = description.record(item)
        record["id"] = JSONValue(index)
        record["__createdtime__"] = .integer(createdMilliseconds)
        record["__updatedtime__"] = .integer(createdMilliseconds)
        return record
    }

    /// What it takes, in bytes, about.
    var byteCount: Int {
        // The strings of the item are as long as the record that shows them.
        opening.count * 2 + reason.count + 256
    }
}

/// The items of a model that were asked for or recommended of late.
///
/// The catalogue on disk knows all items; most answers are made of few of them. What does not fit
/// is let go all at once: it comes back by itself, and needs no order of age until then.
final class ItemRecords: Sendable {
    private struct State {
        /// Shape (items).
        var records: [ItemRecord?]
        var recordBytes = 0
        /// Which item a client meant by a text.
        var indices: [String: ItemIndex] = [:]
    }

    private let state: Mutex<State>

    /// Memory for records, in bytes.
    private static let recordBytesMax = 8 * 1_024 * 1_024
    /// Texts that are remembered; one item has many spellings.
    private static let indicesMax = 50_000
    /// A longer text is looked up each time.
    private static let textBytesMax = 32

    init(itemCount: Int) {
        state = Mutex(State(records: [ItemRecord?](repeating: nil, count: itemCount)))
    }

    /// Those of the records that are here, nil for the others.
    func held(_ items: [ItemIndex]) -> [ItemRecord?] {
        state.withLock { state in items.map { state.records[$0.place] } }
    }

    func hold(_ records: [(item: ItemIndex, record: ItemRecord)]) {
        state.withLock { state in
            for (item, record) in records where state.records[item.place] == nil {
                if state.recordBytes + record.byteCount > Self.recordBytesMax {
                    state.records = [ItemRecord?](repeating: nil, count: state.records.count)
                    state.recordBytes = 0
                }
                state.records[item.place] = record
                state.recordBytes += record.byteCount
            }
        }
    }

    func index(of text: String) -> ItemIndex? { state.withLock { $0.indices[text] } }

    func remember(_ index: ItemIndex, for text: String) {
        guard text.utf8.count <= Self.textBytesMax else { return }
        state.withLock { state in
            if state.indices.count >= Self.indicesMax { state.indices.removeAll() }
            state.indices[text] = index
        }
    }
}
