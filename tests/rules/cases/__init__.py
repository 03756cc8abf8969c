"""The cases of each rule, in a module of the rule's name: small models, valid and not."""
