import BundleFormat
import Foundation

/// A table of a bundle with the names of its rows, the most chosen first where that is known.
struct EmbeddingRows {
    struct Point {
        var id: String
        var title = ""
        var author = ""
        var year: Int?

        /// The row's name for people: its title, or its id.
        var caption: String {
            let name = title.isEmpty ? id : title
            return author.isEmpty ? name : "\(name) (\(author))"
        }

        /// A row without a title is called by its id.
        func fields(_ columns: [String]) -> [String] {
            columns.map { column in
                switch column {
                case "title": title.isEmpty ? id : title
                case "author": author
                case "year": year.map(String.init) ?? ""
                default: id
                }
            }
        }
    }

    let tensor: String
    let dimensions: Int
    private(set) var points: [Point] = []
    /// Shape (points, dimensions).
    private(set) var values: [Float] = []

    /// The table of the items' rows, whatever the kind of model calls it; nil if it has none.
    static func itemTable(in bundle: ModelBundle) -> String? {
        bundle.manifest.tensors.first {
            $0.elementType == .float32 && $0.shape.count == 2
                && $0.shape[0] == bundle.catalogue.itemCount
        }?.name
    }

    /// - Throws: if the tensor is missing or no table of floats.
    init(_ bundle: ModelBundle, tensor name: String, limit: Int?) throws(CommandError) {
        let tables = bundle.manifest.tensors.filter {
            $0.elementType == .float32 && $0.shape.count == 2
        }
        guard !tables.isEmpty else {
            throw CommandError(
                "a \(bundle.manifest.kind.rawValue) model has no table of rows to draw")
        }
        guard tables.contains(where: { $0.name == name }), let table = bundle.tensor(name) else {
            throw CommandError(
                "the bundle has no table \(name); it has "
                    + tables.map(\.name).joined(separator: ", "))
        }
        let (count, width) = (table.shape[0], table.shape[1])
        let order = Self.order(of: count, in: bundle).prefix(limit ?? count)
        tensor = name
        dimensions = width
        points = try Self.points(Array(order), of: count, in: bundle)
        values.reserveCapacity(order.count * width)
        values = table.withFloats { all in
            order.flatMap { row in all[row * width..<(row + 1) * width] }
        }
    }

    /// Rows by how many readers chose them, then by their place.
    private static func order(of count: Int, in bundle: ModelBundle) -> [Int] {
        guard let counts = bundle.tensor(ReadershipTensor.itemCounts), counts.shape == [count]
        else {
            return Array(0..<count)
        }
        return counts.withInt32s { counts in
            (0..<count).sorted { left, right in
                counts[left] != counts[right] ? counts[left] > counts[right] : left < right
            }
        }
    }

    /// A table as long as the catalogue's items belongs to them, one as long as the readers to
    /// those; rows of any other are called by their numbers.
    private static func points(
        _ rows: [Int], of count: Int, in bundle: ModelBundle
    ) throws(CommandError) -> [Point] {
        do throws(BundleError) {
            if count == bundle.catalogue.itemCount {
                return zip(rows, try bundle.catalogue.items(at: rows)).map { row, item -> Point in
                    guard let item else { return Point(id: "\(row)") }
                    return Point(
                        id: item.key, title: item.title, author: item.author, year: item.year)
                }
            }
            if count == bundle.catalogue.readerCount {
                let readers = try bundle.catalogue.readers(at: 0..<count)
                return rows.map { Point(id: readers[$0]) }
            }
        } catch {
            throw CommandError(error.message)
        }
        return rows.map { Point(id: "\($0)") }
    }
}
