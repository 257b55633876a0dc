"""What a family may take away: receipt, consent records, log extract, all as a ZIP. Made in RAM; nothing is kept."""
