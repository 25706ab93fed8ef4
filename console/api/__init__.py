"""The API's furniture: problem details, lists with cursors, fields. No business."""
