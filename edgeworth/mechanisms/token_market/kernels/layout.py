"""Constants of the token market and the columns of its tables: what kernels and Python share. Plain integers, no compiler.

Accounts, orders, deals and positions are rows of int64 tables; row 0 of each means "none" and stays empty. Account 0 is the
sequencer, which owns nothing.
"""

# Units and limits (base units: 10^-6 CTK or PTK, 10^-3 cash; milliseconds)
TOKEN = 1_000_000
CASH_UNIT = 1_000
LIMIT = 10**12
MAX_PRICE = 9_000_000
LOT = 1_000
ORDER_CAP = 16
SUPPLY = 4 * 10**18
LAST_TIME = 10**15
MAX_PANEL = 7
MAX_TEE = 2**31 - 1

WINDOW = 30_000
CREDIT = 30
TERM = 600_000
NOTICE = 60_000
FINE = 10  # a tenth of the payment

CTK, PTK, CASH = 0, 1, 2
LITERAL, BACKED = 0, 1
BID, ASK = 0, 1
GTC, IOC, FOK = 0, 1, 2
DEVICE, USER = 0, 1
TIMEOUT, FAILURE, WRONG = 0, 1, 2

# Commands
OPEN, ATTEST, MINT, BURN, TRANSFER, DEPOSIT, WITHDRAW, ORDER, CANCEL = 1, 2, 3, 4, 5, 6, 7, 8, 9
COMMIT, CONFIRM, RECEIPT, CLAIM, ARBITRATE, PLEDGE, BORROW, REPAY, TICK = 10, 11, 12, 13, 14, 15, 16, 17, 18
COMMANDS = 18

# Results; `rules.Refusal` says what each means
FULL = -1
ACCEPTED = 0
UNKNOWN, NO_ACCOUNT, REPLAY, GAP, KEY, ROLE, RANGE, ASSET, SIGNATURE = 1, 2, 3, 4, 5, 6, 7, 8, 9
STALE, QUORUM, BOUND, UNATTESTED, UNBACKED, FROZEN, BALANCE, OPEN_DEALS = 10, 11, 12, 13, 14, 15, 16, 17
FOREIGN, ORDERS, UNFILLED, OWNER, GONE, EXPIRED, EARLY, LATE, RECEIPTED = 18, 19, 20, 21, 22, 23, 24, 25, 26
OVERDRAWN, POOL_EMPTY, NO_PLEDGE, CLOCK, NOT_SEQUENCER, TOO_MUCH = 27, 28, 29, 30, 31, 32

# Columns of accounts
FREE, LOCKED = 0, 3  # three each: CTK, PTK, cash
STAKE, NONCE = 6, 7
ISSUED, RESERVE = 8, 10  # two each: CTK, PTK
PERIOD, TEE, DEBT, DUE, PLEDGED, DONE, FAILED, A_ROLE, A_ORDERS, A_DEALS, NOTICED = 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22
ACCOUNT_COLUMNS = 23

# Columns of positions (backed economy: who holds whose tokens)
P_HOLDER, P_ISSUER, P_ASSET, P_FREE, P_LOCKED = 0, 1, 2, 3, 4
POSITION_COLUMNS = 5

# Columns of orders; an order's number is its serial number, shifted, and its row
O_ID, O_OWNER, O_ISSUER, O_SIDE, O_ASSET, O_PRICE, O_LEFT, O_LOCK, O_NEXT = 0, 1, 2, 3, 4, 5, 6, 7, 8
ORDER_COLUMNS = 9
ROW_BITS = 20

# Columns of deals
D_REQUESTER, D_SUPPLIER, D_NUMBER, D_CTK, D_PTK, D_CASH, D_TIME, D_DEADLINE, D_BRINGER, D_STATUS, D_WINDOW = range(11)
DEAL_COLUMNS = 11
D_OPEN, D_DISPUTED, D_SETTLED, D_REFUNDED = 1, 2, 3, 4

# Totals
MINTED, BURNED, SLASHED, GENESIS = 0, 3, 6, 9  # three each
POOL, TIME, HEIGHT, N_ACCOUNTS, N_POSITIONS, N_ORDERS, N_DEALS, SERIAL, FREE_ROW = 12, 13, 14, 15, 16, 17, 18, 19, 20
TOTALS = 21

# Rules of one market
ECONOMY, ORACLES, QUORUM_OF, ARBITERS, ARBITER_QUORUM, GRANT, POOL_START = 0, 1, 2, 3, 4, 5, 8
RULES = 9

OUTPUTS = 3
WIDTH = 6 + 4 * MAX_PANEL
"""The longest vector of arguments."""
