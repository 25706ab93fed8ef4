"""The pages of the books and the desk: permission, form, one service call, render."""
