"""The profile of a model, predicted and measured."""
