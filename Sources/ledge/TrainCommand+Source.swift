import BundleFormat
import Identifiers
import Training

extension TrainCommand {
    /// What is trained on: the files of a split, or a data set that is split here.
    static func source(
        _ arguments: Arguments, _ recipe: Recipe, version: Int
    ) throws -> (TrainingPipeline, TrainingPipeline.Context) {
        let created = created(arguments.environment)
        if let directory = arguments.value("--split") {
            guard arguments.value("--data") == nil, arguments.value("--split-out") == nil else {
                throw CommandError(
                    "'--split' stands in place of '--data' and '--split-out'", exitCode: .usage)
            }
            return try splitFiles(in: directory, recipe) { items in
                TrainingPipeline.Context(
                    version: version, created: created, items: items, aliases: [])
            }
        }
        let dataset = try dataset(in: try arguments.required("--data"), recipe.readingOptions)
        describe(dataset)
        let interactions = Interactions(dataset)
        let pipeline = try pipeline(recipe, interactions)
        if let directory = arguments.value("--split-out") {
            try write(pipeline.split.files(), to: directory)
        }
        let context = TrainingPipeline.Context(
            version: version, created: created, items: dataset.items.map(CatalogueItem.init),
            aliases: dataset.aliases, unratedItems: dataset.unratedItems.map(CatalogueItem.init))
        return (pipeline, context)
    }

    /// A pipeline for a split that somebody made before; its items have their ids for titles.
    private static func splitFiles(
        in directory: String, _ recipe: Recipe,
        _ context: ([CatalogueItem]) -> TrainingPipeline.Context
    ) throws(CommandError) -> (TrainingPipeline, TrainingPipeline.Context) {
        do throws(TrainingError) {
            let files = try SplitFiles(directory: directory)
            let items = files.items.map { CatalogueItem(key: $0, title: $0, author: "") }
            return (try TrainingPipeline(recipe: recipe, files: files), context(items))
        } catch {
            throw CommandError(error.message)
        }
    }
}
