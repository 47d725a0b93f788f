"""Makes models' rows of what a statement read that was composed before, as Django's ModelIterable does."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model
from django.db.models.base import ModelState
from django.db.models.query import get_related_populators
from django.db.models.signals import post_init, pre_init
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)


class RowReader(Generic[M]):
    """Of the statement that `compiler` has composed: the model's own columns, related rows, and annotations."""

    def __init__(self, compiler: SQLCompiler) -> None:
        self._compiler = compiler
        self._model: type[M] = compiler.query.model  # type: ignore[assignment]
        self._converters = compiler.get_converters([expression for expression, *_ in compiler.select])
        columns = compiler.klass_info["select_fields"]
        self._own = slice(columns[0], columns[-1] + 1)
        self._names = [expression.target.attname for expression, *_ in compiler.select[self._own]]
        self._related = get_related_populators(compiler.klass_info, compiler.select, connection.alias)  # type: ignore[call-arg]  # the stubs are of Django 6
        self._key = columns[0] + self._names.index(self._model._meta.pk.attname)
        self.columns = len(compiler.select)  # how many it reads

    def is_empty(self, row: Sequence[Any]) -> bool:
        """Whether an outer join had no row for this."""
        return row[self._key] is None

    def instance(self, row: Sequence[Any]) -> M:
        """The model's row that this row of the database is, with what was read along."""
        (values,) = self._compiler.apply_converters([row], self._converters)
        instance = loaded(self._model, self._names, values[self._own])
        for populator in self._related:
            _populate(populator, values, instance)
        for name, column in self._compiler.annotation_col_map.items():
            setattr(instance, name, values[column])
        return instance


def loaded(model: type[M], names: Sequence[str], values: Sequence[Any]) -> M:
    """A row of `model` as it was read, by names of its attributes; what isn't named is deferred. As `Model.from_db`, which takes three
    times as long: it goes through `Model.__init__`, where whatever may be given is looked at, and signals are sent.
    """
    if not _is_plain(model):
        return model.from_db(connection.alias, names, values)
    instance = model.__new__(model)
    vars(instance).update(zip(names, values, strict=True))
    state = ModelState()
    state.adding, state.db = False, connection.alias
    instance._state = state
    return instance


@cache
def _is_plain(model: type[Model]) -> bool:
    """Whether nobody has a part in the making of its instances."""
    is_djangos = model.__init__ is Model.__init__ and all(
        "from_db" not in vars(kind) for kind in model.__mro__ if kind is not Model
    )
    return is_djangos and not any(signal.has_listeners(model) for signal in (pre_init, post_init))


def _populate(populator: Any, row: Sequence[Any], instance: Model) -> None:
    """Django's `RelatedPopulator.populate`, with `loaded` instead of `from_db`."""
    if populator.reorder_for_init:
        values = populator.reorder_for_init(row)
    else:
        values = row[populator.cols_start : populator.cols_end]
    related = None
    if values[populator.pk_idx] is not None:
        related = loaded(populator.model_cls, populator.init_list, values)
        for further in populator.related_populators:
            _populate(further, row, related)
    populator.local_setter(instance, related)
    if related is not None:
        populator.remote_setter(related, instance)
