import CSV
import Foundation

/// A delimited file whose columns are found by their names.
struct DatasetTable {
    private(set) var reader: CSVReader
    private let columns: [String: Int]
    let path: String

    /// Opens the file and reads its header, if the form has one.
    ///
    /// - Throws: `.fileNotFound`, `.unreadable`, `.empty`, `.limitExceeded`.
    init(
        _ path: String, _ form: DatasetFileForm = DatasetFileForm()
    ) throws(DatasetError) {
        self.path = path
        let bytes = try DatasetFile.read(path)
        reader = Self.reader(of: bytes, separator: form.separator)
        var names = form.columns
        if names.isEmpty {
            switch reader.next() {
            case .row: break
            case .malformed(let error):
                throw DatasetError(.unreadable, "\(path) has no header: \(error.message)")
            case nil: throw DatasetError(.empty, "\(path) is empty")
            }
            let header = reader
            names = (0..<header.fieldCount).map { header.text($0) }
        }
        var columns: [String: Int] = [:]
        for (index, name) in names.enumerated() where columns[Self.plain(name)] == nil {
            columns[Self.plain(name)] = index
        }
        self.columns = columns
    }

    /// A separator of several characters becomes one that no text holds.
    private static func reader(of bytes: [UInt8], separator: String?) -> CSVReader {
        guard let separator = separator.map({ Array($0.utf8) }) else {
            return CSVReader(bytes, format: CSVFormat.detected(in: bytes))
        }
        if separator.count == 1 {
            return CSVReader(
                bytes, format: CSVFormat(delimiter: separator[0], quoteEscape: .unquoted))
        }
        let unitSeparator: UInt8 = 0x1F
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == separator[0], bytes[index...].starts(with: separator) {
                plain.append(unitSeparator)
                index += separator.count
            } else {
                plain.append(bytes[index])
                index += 1
            }
        }
        return CSVReader(
            plain, format: CSVFormat(delimiter: unitSeparator, quoteEscape: .unquoted))
    }

    /// The column under the first of these names; `User-ID`, `user_id` and `userid` are one name.
    func column(_ names: [String]) throws(DatasetError) -> Int {
        guard let column = optionalColumn(names) else {
            throw DatasetError(
                .missingColumn,
                "\(path) has no column \(names.joined(separator: " or ")); it has "
                    + columns.keys.sorted().joined(separator: ", "))
        }
        return column
    }

    func optionalColumn(_ names: [String]) -> Int? {
        names.lazy.compactMap { columns[Self.plain($0)] }.first
    }

    mutating func next() -> CSVReader.Row? { reader.next() }

    private static func plain(_ name: String) -> String {
        String(name.lowercased().filter { $0.isLetter || $0.isNumber })
    }
}

/// A directory in which files are found by names in any case, also packed with gzip.
struct DatasetFolder {
    private let directory: String
    /// The names of the files by their lower-cased form.
    private let names: [String: String]

    /// - Throws: `.fileNotFound` if there is no such directory.
    init(_ directory: String) throws(DatasetError) {
        self.directory = directory
        do {
            let found = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
            names = Dictionary(
                found.map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        } catch {
            throw DatasetError(.fileNotFound, "\(directory) is no directory that can be read")
        }
    }

    func path(of form: DatasetFileForm) -> String? {
        form.names.lazy.flatMap { [$0, "\($0).gz"] }
            .compactMap { names[$0.lowercased()] }.first.map { "\(directory)/\($0)" }
    }

    /// The file of the form, if it is there.
    func table(_ form: DatasetFileForm?) throws(DatasetError) -> DatasetTable? {
        guard let form, let path = path(of: form) else { return nil }
        return try DatasetTable(path, form)
    }

    /// The first form whose file of ratings is there with the columns that it needs, and that file.
    ///
    /// - Throws: `.fileNotFound` with the names that would do; `.missingColumn` if a file has a
    ///   name that is known and columns that are not.
    func find(_ forms: [DatasetForm]) throws(DatasetError) -> (DatasetForm, DatasetTable) {
        var refusal: DatasetError?
        // Several sets call their file by one name: it is read once.
        var opened: [DatasetFileForm: DatasetTable] = [:]
        for form in forms {
            guard let path = path(of: form.ratings) else { continue }
            var file = form.ratings
            file.names = [path]
            if opened[file] == nil { opened[file] = try DatasetTable(path, file) }
            guard let table = opened[file] else { continue }
            do throws(DatasetError) {
                _ = try table.column(form.reader)
                _ = try table.column(form.item)
                if !form.rating.isEmpty { _ = try table.column(form.rating) }
                return (form, table)
            } catch {
                refusal = refusal ?? error
            }
        }
        if let refusal { throw refusal }
        let known = forms.flatMap(\.ratings.names)
        throw DatasetError(
            .fileNotFound,
            "\(directory) holds no ratings; one of these is expected there, also with .gz: "
                + Set(known).sorted().joined(separator: ", "))
    }
}
