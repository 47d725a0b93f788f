"""One URL table a site (`aeims.hosts` picks it); `common` is what all of them share."""
