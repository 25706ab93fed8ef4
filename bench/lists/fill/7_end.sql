DROP TABLE bench_posting, bench_line, bench_fact, bench_batch, bench_payment, bench_pair, bench_now;
DROP FUNCTION bench_one_of, bench_dice;
