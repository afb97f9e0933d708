-- compatible: servers of the last version keep the rows of channels that were deleted

-- What a channel that was deleted was told of its products goes with it.
GRANT DELETE ON channel_level TO onhand_app;
