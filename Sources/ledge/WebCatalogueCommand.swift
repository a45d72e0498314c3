import BundleFormat
import Datasets
import Foundation
import JSON

/// `ledge models web-data`: the catalogue as the web page of the tutorials reads it.
enum WebCatalogueCommand {
    static let command = Command(
        name: "web-data",
        summary: "Write the catalogue as web_book_data.json: id, title, authors, image.",
        parameters: [Parameter(name: "bundle", help: "a bundle's directory")],
        options: [
            Option("--out", value: "FILE", "The file to write (web_book_data.json)."),
            Option(
                "--images", value: "FILE",
                "A CSV file with an id and an image address, for items without one."),
        ],
        discussion: """
            The file is an array of records in the order of the model's rows, as the tutorials'
            page expects it: book_id, title, image_url, authors. Addresses of images are the
            catalogue's, which has them if the data set of the training had, as Kaggle's files
            of goodbooks-10k (image_url) and Book-Crossing (Image-URL-M) have. --images gives
            those that it lacks. For an item without one image_url is null.
            """,
        run: run)

    private static func run(_ arguments: Arguments) throws -> ExitCode {
        let out = arguments.value("--out") ?? "web_book_data.json"
        let bundle = try ModelsCommand.open(arguments.parameter("bundle"))
        let images = try arguments.value("--images").map(images) ?? [:]
        let items: [CatalogueItem]
        do throws(BundleError) {
            items = try bundle.catalogue.items(at: Array(0..<bundle.catalogue.itemCount))
                .compactMap(\.self)
        } catch {
            throw CommandError(error.message)
        }
        var found = 0
        let records = items.map { item -> JSONValue in
            let image = item.image.isEmpty ? images[item.key] : item.image
            if image != nil { found += 1 }
            return [
                "book_id": .string(item.key), "title": .string(item.title),
                "image_url": image.map { .string($0) } ?? .null,
                "authors": .string(item.author),
            ]
        }
        do {
            try Data(JSONValue.array(records).encoded())
                .write(to: URL(fileURLWithPath: out), options: .atomic)
        } catch {
            throw CommandError("\(out) cannot be written: \(error.localizedDescription)")
        }
        Terminal.line("wrote \(items.count) items to \(out), \(found) of them with an image")
        return .success
    }

    private static let keyColumns = ["isbn", "book_id", "item_id", "song_id", "id"]
    private static let imageColumns = [
        "image_url", "image_url_m", "image_url_l", "image_url_s", "small_image_url", "image",
    ]

    private static func images(in path: String) throws(CommandError) -> [String: String] {
        do throws(DatasetError) {
            let rows = try RecordFile.read(
                path, columns: [.init(keyColumns), .init(imageColumns)]
            ).rows
            return Dictionary(
                rows.filter { !$0[1].isEmpty }.map { ($0[0], $0[1]) },
                uniquingKeysWith: { first, _ in first })
        } catch {
            throw CommandError(error.message)
        }
    }
}
