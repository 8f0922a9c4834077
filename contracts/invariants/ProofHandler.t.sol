// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CHEATS} from "../ICheats.t.sol";
import {IAccessRequests} from "../interfaces/IAccessRequests.sol";
import {ProvenSlots} from "../libraries/ProvenSlots.sol";
import {Mailbox} from "../Mailbox.sol";
import {QbftClient} from "../QbftClient.sol";
import {SuiteManager} from "../SuiteManager.sol";
import {AccessResponse, Attestations, Decision} from "../types/Access.sol";
import {RequestId} from "../types/Ids.sol";
import {LanePolicy, MessageProof, PeakProof, ProvenResponse} from "../types/Proof.sol";
import {NaiveTree} from "./NaiveTree.t.sol";
import {SealedStates} from "./SealedStates.t.sol";

/// @title ProofHandler
/// @notice What anyone can do between the mailboxes of two chains, and validators within their fault bound, one random act at a time. It is
/// itself who sends on the one chain, and who is delivered to on the other.
contract ProofHandler {
    uint64 private constant _CHAIN_A = 1001;
    uint256 private constant _VALIDATORS = 4;
    uint256 private constant _QUORUM = 3;
    /// @dev A range of more messages has no other shapes.
    uint256 private constant _MOST_SENT = 40;

    /// @notice What was delivered without a leaf under a sealed root, or empty.
    string public violation;

    /// @notice How many messages were delivered.
    uint256 public delivered;

    Mailbox private immutable _OUTBOX;
    Mailbox private immutable _INBOX;
    QbftClient private immutable _CLIENT;

    /// @dev By their addresses, in ascending order.
    uint256[_VALIDATORS] private _keys;
    address[] private _validators;

    bytes32[] private _leaves;
    /// @dev Those below a peak that a quorum sealed.
    mapping(bytes32 message => bool isSealed) private _isSealed;
    uint64 private _number;

    /// @dev The latest state that was sealed: of one peak.
    uint256 private _height;
    bytes32 private _peak;

    constructor() {
        SuiteManager manager = new SuiteManager(address(this));
        _OUTBOX = new Mailbox(address(manager));
        _INBOX = new Mailbox(address(manager));
        for (uint256 i = 0; i < _VALIDATORS; ++i) _insert(i, 0xE1 + i);
        for (uint256 i = 0; i < _VALIDATORS; ++i) _validators.push(CHEATS.addr(_keys[i]));
        _CLIENT = new QbftClient(_CHAIN_A, _validators, 14 days);
        _INBOX.setPeer(_CHAIN_A, address(_OUTBOX));
        _INBOX.setClient(_CHAIN_A, _CLIENT);
        _INBOX.setPolicy(_CHAIN_A, LanePolicy.Proven);
    }

    /// @notice A message is sent; or another sender sends one that is not ours.
    function tell(bool isOurs) external {
        if (_leaves.length == _MOST_SENT) return;
        bytes32 message = _messageOf(_leaves.length);
        if (!isOurs) {
            CHEATS.prank(address(0xBAD));
            _OUTBOX.sendMessage(_messageOf(_leaves.length + 7));
            return;
        }
        _OUTBOX.sendMessage(message);
        _leaves.push(NaiveTree.hashLeaf(abi.encode(message)));
    }

    /// @notice Some validators seal a block with a peak of the range as it is now. What is no quorum seals a false one, too.
    function seal(uint256 height, uint8 signers, bytes32 falsePeak) external {
        height %= 7;
        bool isQuorum = _bits(signers) >= _QUORUM;
        bytes32 peak = isQuorum || falsePeak == 0 ? _OUTBOX.peakOf(address(this), height) : falsePeak;
        if (peak == 0) return;
        bytes memory header = _header(height, peak);
        try _CLIENT.update(header, _sealsOf(header, signers)) {
            if (!isQuorum) violation = "too few sealed";
            ++_number;
            (_height, _peak) = (height, peak);
            _noteSealed(height);
        } catch {
            if (isQuorum) violation = "a quorum's header was refused";
        }
    }

    /// @notice The latest peak is proven, or another said to be.
    function prove(bytes32 falsePeak, bool isFalse, bool isOther) external {
        if (_number == 0) return;
        bytes32 peak = isFalse ? falsePeak : _peak;
        bytes memory slotNode = SealedStates.slotNode(ProvenSlots.peakOf(address(this), _height), peak);
        PeakProof[] memory peaks = new PeakProof[](1);
        peaks[0] = PeakProof(isOther ? address(0xBAD) : address(this), _height, _one(slotNode));
        bytes[] memory account = _one(SealedStates.accountNode(address(_OUTBOX), slotNode));
        try _INBOX.provePeaks(_CHAIN_A, _number, account, peaks) {
            if (isOther || peak != _peak) violation = "another peak was proven";
        } catch {
            if (!isOther && peak == _peak) violation = "the peak was not proven";
        }
    }

    /// @notice A message is carried, sent or not, by its own path or another.
    function deliver(uint256 which, uint256 height, uint64 index, uint8 kind) external {
        which %= _MOST_SENT;
        height %= 7;
        ProvenResponse memory item;
        item.response = _responseOf(which);
        uint256 at = kind % 4 == 0 ? index % _MOST_SENT : which;
        item.proof = MessageProof(uint64(at), _pathOf(at, height));
        if (kind % 4 == 1) item.proof.index = index;
        try _INBOX.deliverResponseProven(IAccessRequests(address(this)), _CHAIN_A, item) {
            ++delivered;
        } catch {
            return;
        }
    }

    /// @notice As of `IAccessRequests`: what comes here is believed.
    function deliverResponse(
        uint64 sourceChainId,
        AccessResponse calldata response,
        Attestations calldata attestations
    ) external {
        // The runner calls this, too.
        if (msg.sender != address(_INBOX)) return;
        if (sourceChainId != _CHAIN_A || attestations.by.length != 0) violation = "another chain, or attested";
        if (!_isSealed[keccak256(abi.encode(response))]) violation = "no leaf under a sealed root";
    }

    /// @notice As of `ILanes`: whom this contract believes, itself.
    function peerOf(uint64) external view returns (address) {
        return address(this);
    }

    function _insert(uint256 count, uint256 key) private {
        uint256 place = count;
        for (; place > 0 && CHEATS.addr(_keys[place - 1]) > CHEATS.addr(key); --place) _keys[place] = _keys[place - 1];
        _keys[place] = key;
    }

    /// @dev The leaves below a peak: of the tree of its height that was filled last.
    function _noteSealed(uint256 height) private {
        uint256 trees = _leaves.length >> height;
        if (trees & 1 == 0) --trees;
        uint256 end = trees << height;
        for (uint256 i = end - (1 << height); i < end; ++i) _isSealed[_messageOf(i)] = true;
    }

    function _header(uint256 height, bytes32 peak) private view returns (bytes memory) {
        bytes memory slotNode = SealedStates.slotNode(ProvenSlots.peakOf(address(this), height), peak);
        bytes32 stateRoot = keccak256(SealedStates.accountNode(address(_OUTBOX), slotNode));
        return SealedStates.header(_number + 1, uint64(block.timestamp), stateRoot, _validators);
    }

    function _sealsOf(bytes memory header, uint8 signers) private view returns (bytes[] memory seals) {
        seals = new bytes[](_bits(signers));
        uint256 count = 0;
        for (uint256 i = 0; i < _VALIDATORS; ++i) {
            if ((signers >> i) & 1 == 0) continue;
            (uint8 v, bytes32 r, bytes32 s) = CHEATS.sign(_keys[i], keccak256(header));
            seals[count++] = abi.encodePacked(r, s, v - 27);
        }
    }

    /// @dev The siblings of a leaf up to a height, where its tree is full; fewer otherwise.
    function _pathOf(uint256 index, uint256 height) private view returns (bytes32[] memory path) {
        while (height > 0 && ((index >> height) + 1) << height > _leaves.length) --height;
        path = new bytes32[](height);
        for (uint256 i = 0; i < height; ++i) path[i] = NaiveTree.subtree(_leaves, ((index >> i) ^ 1) << i, 1 << i);
    }

    function _bits(uint8 signers) private pure returns (uint256 count) {
        for (uint256 i = 0; i < _VALIDATORS; ++i) count += (signers >> i) & 1;
    }

    function _responseOf(uint256 which) private pure returns (AccessResponse memory response) {
        response.requestId = RequestId.wrap(bytes32(which));
        response.decision = Decision.DeniedByOwner;
    }

    function _messageOf(uint256 which) private pure returns (bytes32) {
        return keccak256(abi.encode(_responseOf(which)));
    }

    function _one(bytes memory node) private pure returns (bytes[] memory list) {
        list = new bytes[](1);
        list[0] = node;
    }
}
