"""The baseline of semi-supervised learning: the same critic, trained on labelled images only."""

from ccgan_plugin.terms import class_cross_entropy
from zoo_core import Batch, Classifier, Discriminator, Fake, Generator, Loss, StepRandom, Term, Terms


class ClassOnly(Loss[Fake]):
    """Class term on labelled images only; there are no adversarial terms, and the generator is not trained.

    A semi-supervised method must be better than this with the same critic, augmentation and number of steps.

    Example:
        >>> ClassOnly().needs_labels
        True
    """

    discriminator_needs = (Classifier,)
    needs_labels = True
    has_supervised_step = True

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> Fake:
        """Returns the real images; nothing is generated."""
        return Fake(batch.images)

    def discriminator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """Returns no terms."""
        return {}

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """Returns no terms."""
        return {}

    def supervised_terms(self, discriminator: Discriminator, batch: Batch, random: StepRandom) -> Terms:
        """Returns the class term `aux`."""
        assert isinstance(discriminator, Classifier)
        return {"aux": Term(class_cross_entropy(discriminator.classify(batch.images), batch.labels))}
