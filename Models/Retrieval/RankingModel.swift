import BundleFormat

/// A model of one of the kinds that answer "three items in, ten out".
package enum RankingModel: Sendable {
    case twoTower(TwoTowerModel)
    case itemFactors(ItemFactorsModel)
    case itemNeighbours(ItemNeighboursModel)

    /// A bundle's model.
    ///
    /// - Throws: `.missingTensor`; `.unknownKind` for a kind that predicts and does not rank.
    package init(bundle: ModelBundle) throws(RetrievalError) {
        switch bundle.manifest.kind {
        case .twoTower: self = .twoTower(try TwoTowerModel(bundle: bundle))
        case .itemFactors: self = .itemFactors(try ItemFactorsModel(bundle: bundle))
        case .itemNeighbours: self = .itemNeighbours(try ItemNeighboursModel(bundle: bundle))
        case .ratingDot, .ratingMLP:
            throw RetrievalError(
                .unknownKind,
                "a model of kind \(bundle.manifest.kind.rawValue) predicts ratings and answers no "
                    + "questions of three")
        }
    }

    package var kind: ModelKind {
        switch self {
        case .twoTower: .twoTower
        case .itemFactors: .itemFactors
        case .itemNeighbours: .itemNeighbours
        }
    }

    package var readership: Readership {
        switch self {
        case .twoTower(let model): model.readership
        case .itemFactors(let model): model.readership
        case .itemNeighbours(let model): model.readership
        }
    }

    /// The model as the tensors of a bundle.
    package var draftTensors: [DraftTensor] {
        switch self {
        case .twoTower(let model): model.parts.draftTensors
        case .itemFactors(let model): model.parts.draftTensors
        case .itemNeighbours(let model): model.parts.draftTensors
        }
    }

    var twoTower: TwoTowerModel? {
        if case .twoTower(let model) = self { model } else { nil }
    }
}
