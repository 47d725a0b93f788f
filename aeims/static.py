"""Static files in production: content hashes in names, also inside JavaScript modules."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports between modules."""

    support_js_module_import_aggregation = True
