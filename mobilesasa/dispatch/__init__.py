"""From the queue to the carrier and written down; and receipts from the carrier to the store."""
