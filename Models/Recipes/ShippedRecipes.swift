/// The recipes that come with the program, so that it can train without this repository.
package enum ShippedRecipes {
    /// By name, as `ledge train` takes it.
    package static let all: [(name: String, bytes: [UInt8])] = [
        ("artists", PackageResources.artists_json),
        ("books", PackageResources.books_json),
        ("books-protocol", PackageResources.books_protocol_json),
        ("goodbooks", PackageResources.goodbooks_json),
        ("goodbooks-factors", PackageResources.goodbooks_factors_json),
        ("movies", PackageResources.movies_json),
        ("ratings-dot", PackageResources.ratings_dot_json),
        ("ratings-dot-seed", PackageResources.ratings_dot_seed_json),
        ("ratings-mlp", PackageResources.ratings_mlp_json),
        ("ratings-mlp-seed", PackageResources.ratings_mlp_seed_json),
        ("ratings-relu-seed", PackageResources.ratings_relu_seed_json),
        ("songs", PackageResources.songs_json),
    ]

    package static func bytes(of name: String) -> [UInt8]? {
        all.first { $0.name == name }?.bytes
    }
}
